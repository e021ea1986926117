// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strconv"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

var expireAfter, lose int

// pagingCollector gives maxObjects at a time, which the simulator itself does not.
type pagingCollector struct {
	simulator.PropertyCollector

	waiting map[string][]types.ObjectContent
	pages   int
	tokens  int
}

// givePages puts a pagingCollector in the place of the simulator's own; each session makes itself a new one.
func givePages() {
	root := types.ManagedObjectReference{Type: "ServiceInstance", Value: "ServiceInstance"}
	collector := &pagingCollector{}
	collector.Self = simulator.Map.Get(root).(*simulator.ServiceInstance).Content.PropertyCollector
	simulator.Map.Put(collector)
}

func (c *pagingCollector) RetrievePropertiesEx(ctx *simulator.Context, r *types.RetrievePropertiesEx) soap.HasFault {
	told := c.PropertyCollector.RetrievePropertiesEx(ctx, r)
	most := r.Options.MaxObjects
	if told.Fault() != nil || most <= 0 {
		return told
	}
	body := told.(*methods.RetrievePropertiesExBody)
	c.cut(body.Res.Returnval, int(most))
	if page := body.Res.Returnval; lose > 0 && len(page.Objects) > lose {
		page.Objects = page.Objects[lose:]
	}
	return body
}

func (c *pagingCollector) ContinueRetrievePropertiesEx(_ *simulator.Context, r *types.ContinueRetrievePropertiesEx) soap.HasFault {
	body := &methods.ContinueRetrievePropertiesExBody{}
	rest, known := c.waiting[r.Token]
	delete(c.waiting, r.Token)
	if !known {
		body.Fault_ = simulator.Fault("", &types.InvalidProperty{Name: "token"})
		return body
	}
	if c.pages++; expireAfter > 0 && c.pages >= expireAfter {
		over := types.NotAuthenticated{NoPermission: types.NoPermission{Object: c.Self, PrivilegeId: "System.View"}}
		body.Fault_ = simulator.Fault("The session is not authenticated.", &over)
		return body
	}
	page := types.RetrieveResult{Objects: rest}
	most, _ := strconv.Atoi(r.Token[:5])
	c.cut(&page, most)
	body.Res = &types.ContinueRetrievePropertiesExResponse{Returnval: page}
	return body
}

// cut keeps *most* objects in the page and the others under a token.
func (c *pagingCollector) cut(page *types.RetrieveResult, most int) {
	if len(page.Objects) <= most {
		return
	}
	if c.waiting == nil {
		c.waiting = map[string][]types.ObjectContent{}
	}
	c.tokens++
	page.Token = (strconv.Itoa(100000 + most))[1:] + "-" + strconv.Itoa(c.tokens)
	c.waiting[page.Token] = page.Objects[most:]
	page.Objects = page.Objects[:most]
}
