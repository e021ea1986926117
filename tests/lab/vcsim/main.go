// SPDX-License-Identifier: Apache-2.0

// A vCenter for tests out of govmomi's simulator library, as Debian packages it: seeded, honest about paging,
// and able to fail in the ways that a real one fails.
package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"log"
	"net/url"
	"os"
	"os/signal"
	"syscall"

	"github.com/vmware/govmomi/simulator"
)

func main() {
	single := flag.Bool("esx", false, "a single ESXi host without a vCenter")
	machines := flag.Int("vm", 4, "virtual machines")
	hosts := flag.Int("host", 2, "hosts of the vCenter")
	stores := flag.Int("ds", 2, "datastores")
	listen := flag.String("listen", "127.0.0.1:0", "address to listen on")
	seedPath := flag.String("seed", "", "what to seed, JSON")
	certificate := flag.String("cert", "", "certificate, PEM")
	key := flag.String("key", "", "its key, PEM")
	flag.IntVar(&expireAfter, "expire-after", 0, "end the session after this many pages")
	flag.BoolVar(&withoutTaskHistory, "no-task-history", false, "as a single ESXi host: no history of tasks")
	flag.IntVar(&lose, "lose", 0, "leave this many objects out of each first page, silently")
	flag.Parse()
	model := simulator.VPX()
	model.Host = 0
	model.ClusterHost = *hosts
	if *single {
		model = simulator.ESX()
	}
	model.Machine = *machines
	model.Datastore = *stores
	must(model.Create())
	if *seedPath != "" {
		must(seed(*seedPath))
	}
	givePages()
	model.Service.Listen = &url.URL{Host: *listen, User: url.UserPassword("auditor", "correct")}
	model.Service.TLS = new(tls.Config)
	if *certificate != "" {
		pair, err := tls.LoadX509KeyPair(*certificate, *key)
		must(err)
		model.Service.TLS.Certificates = []tls.Certificate{pair}
	}
	model.Service.RegisterEndpoints = true
	server := model.Service.NewServer()
	fmt.Println("READY", server.URL.Host)
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	<-stop
	server.Close()
	model.Remove()
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
