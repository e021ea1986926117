// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// A snapshot. Frozen: bytes of the layer that it froze, for each disk; its memory, if it has any.
type seedSnapshot struct {
	Name        string         `json:"name"`
	Description string         `json:"description"`
	Created     time.Time      `json:"created"`
	Quiesced    bool           `json:"quiesced"`
	Memory      int64          `json:"memory"`
	Frozen      []int64        `json:"frozen"`
	Current     bool           `json:"current"`
	Children    []seedSnapshot `json:"children"`
}

type seedDisk struct {
	Mode    string `json:"mode"`
	RDM     string `json:"rdm"`
	Sharing string `json:"sharing"`
	Bytes   int64  `json:"bytes"`
	File    string `json:"file"`
}

type seedMachine struct {
	Name          string         `json:"name"`
	Rename        string         `json:"rename"`
	Annotation    string         `json:"annotation"`
	Template      bool           `json:"template"`
	Consolidate   *bool          `json:"consolidate"`
	Connection    string         `json:"connection"`
	Disks         []seedDisk     `json:"disks"`
	Running       []int64        `json:"running"`
	Snapshots     []seedSnapshot `json:"snapshots"`
	ChangeTracked *bool          `json:"change_tracked"`
	Attributes    []string       `json:"attributes"`
	SnapshotDir   string         `json:"snapshot_dir"`
}

type seedStore struct {
	Name       string     `json:"name"`
	Capacity   int64      `json:"capacity"`
	Free       int64      `json:"free"`
	Accessible *bool      `json:"accessible"`
	NAA        string     `json:"naa"`
	UUID       string     `json:"uuid"`
	NFS        string     `json:"nfs"`
	Files      []seedFile `json:"files"`
}

type seedHost struct {
	Name  string `json:"name"`
	Paths []struct {
		LUN    string   `json:"lun"`
		States []string `json:"states"`
	} `json:"paths"`
	Connection string            `json:"connection"`
	Adapters   map[string]string `json:"adapters"`
	Parts      map[string]string `json:"parts"`
}

type seeds struct {
	Machines   []seedMachine `json:"machines"`
	Datastores []seedStore   `json:"datastores"`
	Hosts      []seedHost    `json:"hosts"`
	Tasks      []seedTask    `json:"tasks"`
	Fields     []string      `json:"fields"`
}

func seed(path string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var wanted seeds
	if err = json.Unmarshal(raw, &wanted); err != nil {
		return err
	}
	machines := map[string]*simulator.VirtualMachine{}
	for _, one := range simulator.Map.All("VirtualMachine") {
		machine := one.(*simulator.VirtualMachine)
		machines[machine.Name] = machine
	}
	for _, one := range wanted.Machines {
		machine := machines[one.Name]
		if machine == nil {
			return fmt.Errorf("there is no machine %q", one.Name)
		}
		newBuilder(machine, one).build()
	}
	for _, one := range wanted.Datastores {
		if err = seedDatastore(one); err != nil {
			return err
		}
	}
	for _, one := range wanted.Hosts {
		if err = one.apply(); err != nil {
			return err
		}
	}
	seedFields(wanted.Fields)
	seedTasks(wanted.Tasks, machines)
	return nil
}

// builder lays out the files of a machine as ESXi does: a snapshot's chain ends with the layer it froze.
type builder struct {
	machine *simulator.VirtualMachine
	wanted  seedMachine
	layout  *types.VirtualMachineFileLayoutEx
	disks   []*types.VirtualDisk
	current *types.ManagedObjectReference
	running [][]int32 // chains of file keys below the running layer, for each disk
	deltas  []int
	ids     int32
}

func newBuilder(machine *simulator.VirtualMachine, wanted seedMachine) *builder {
	b := &builder{machine: machine, wanted: wanted}
	b.layout = &types.VirtualMachineFileLayoutEx{Timestamp: time.Now()}
	return b
}

func (b *builder) build() {
	m, w := b.machine, b.wanted
	if w.Rename != "" {
		m.Name, m.Config.Name, m.Summary.Config.Name = w.Rename, w.Rename, w.Rename
	}
	m.Config.Annotation, m.Config.Template = w.Annotation, w.Template
	m.Runtime.ConsolidationNeeded = w.Consolidate
	m.Config.ChangeTrackingEnabled = w.ChangeTracked
	for number, value := range w.Attributes {
		told := &types.CustomFieldStringValue{CustomFieldValue: types.CustomFieldValue{Key: int32(101 + number)}, Value: value}
		m.CustomValue = append(m.CustomValue, told)
	}
	if w.SnapshotDir != "" {
		m.Config.Files.SnapshotDirectory = w.SnapshotDir
	}
	if w.Connection != "" {
		m.Runtime.ConnectionState = types.VirtualMachineConnectionState(w.Connection)
	}
	if len(w.Disks) == 0 {
		return
	}
	b.replaceDisks()
	b.add(fmt.Sprintf("[LocalDS_0] %s/%s.vmx", m.Name, m.Name), "config", 2000)
	b.running = make([][]int32, len(b.disks))
	b.deltas = make([]int, len(b.disks))
	roots := b.tree(w.Snapshots, make([][]int32, len(b.disks)))
	if roots != nil {
		m.Snapshot = &types.VirtualMachineSnapshotInfo{RootSnapshotList: roots, CurrentSnapshot: b.current}
		for _, root := range roots {
			m.RootSnapshot = append(m.RootSnapshot, root.Snapshot)
		}
	}
	for place, disk := range b.disks {
		name := w.Disks[place].File
		if name == "" {
			name = b.layerName(place)
		}
		chain := append(append([]int32{}, b.running[place]...), b.add(name, "diskExtent", w.Running[place]))
		b.layout.Disk = append(b.layout.Disk, types.VirtualMachineFileLayoutExDiskLayout{Key: disk.Key, Chain: units(chain)})
		b.back(disk, w.Disks[place], name)
	}
	m.LayoutEx = b.layout
}

func (b *builder) replaceDisks() {
	var devices []types.BaseVirtualDevice
	controller := int32(0)
	for _, device := range b.machine.Config.Hardware.Device {
		if _, isDisk := device.(*types.VirtualDisk); !isDisk {
			devices = append(devices, device)
		}
		if scsi, isSCSI := device.(types.BaseVirtualSCSIController); isSCSI {
			controller = scsi.GetVirtualSCSIController().Key
		}
	}
	for place, wanted := range b.wanted.Disks {
		unit := int32(place)
		disk := &types.VirtualDisk{CapacityInBytes: wanted.Bytes, CapacityInKB: wanted.Bytes / 1024}
		disk.Key, disk.ControllerKey, disk.UnitNumber = int32(2000+place), controller, &unit
		disk.DeviceInfo = &types.Description{Label: fmt.Sprintf("Hard disk %d", place+1), Summary: "seeded"}
		b.disks = append(b.disks, disk)
		devices = append(devices, disk)
	}
	b.machine.Config.Hardware.Device = devices
}

func (b *builder) back(disk *types.VirtualDisk, wanted seedDisk, name string) {
	file := types.VirtualDeviceFileBackingInfo{FileName: name}
	if wanted.RDM != "" {
		disk.Backing = &types.VirtualDiskRawDiskMappingVer1BackingInfo{
			VirtualDeviceFileBackingInfo: file, CompatibilityMode: wanted.RDM, DiskMode: wanted.Mode,
		}
		return
	}
	disk.Backing = &types.VirtualDiskFlatVer2BackingInfo{
		VirtualDeviceFileBackingInfo: file, DiskMode: wanted.Mode, Sharing: wanted.Sharing,
	}
}

// tree makes snapshots whose frozen layers stand on the given chains.
func (b *builder) tree(wanted []seedSnapshot, below [][]int32) (found []types.VirtualMachineSnapshotTree) {
	for _, one := range wanted {
		object := &simulator.VirtualMachineSnapshot{VirtualMachineSnapshot: mo.VirtualMachineSnapshot{
			Vm: b.machine.Reference(), Config: *b.machine.Config,
		}}
		simulator.Map.Put(object)
		self := object.Self
		b.ids++
		node := types.VirtualMachineSnapshotTree{
			Snapshot: self, Vm: b.machine.Reference(), Name: one.Name, Description: one.Description, Id: b.ids,
			CreateTime: one.Created, State: b.machine.Runtime.PowerState, Quiesced: one.Quiesced,
		}
		layout := types.VirtualMachineFileLayoutExSnapshotLayout{Key: self, MemoryKey: -1}
		layout.DataKey = b.add(fmt.Sprintf("[LocalDS_0] %s/s%d.vmsn", b.machine.Name, b.ids), "snapshotData", 0)
		if one.Memory > 0 {
			layout.MemoryKey = b.add(fmt.Sprintf("[LocalDS_0] %s/s%d.vmem", b.machine.Name, b.ids), "snapshotMemory", one.Memory)
		}
		chains := make([][]int32, len(b.disks))
		for place, disk := range b.disks {
			key := b.add(b.layerName(place), "diskExtent", one.Frozen[place])
			chains[place] = append(append([]int32{}, below[place]...), key)
			layout.Disk = append(layout.Disk, types.VirtualMachineFileLayoutExDiskLayout{Key: disk.Key, Chain: units(chains[place])})
		}
		b.layout.Snapshot = append(b.layout.Snapshot, layout)
		if one.Current {
			b.current, b.running = &self, chains
		}
		node.ChildSnapshotList = b.tree(one.Children, chains)
		found = append(found, node)
	}
	return found
}

func (b *builder) layerName(place int) string {
	name := fmt.Sprintf("[LocalDS_0] %s/disk%d", b.machine.Name, place)
	if b.deltas[place]++; b.deltas[place] > 1 {
		name += fmt.Sprintf("-%06d", b.deltas[place]-1)
	}
	return name + ".vmdk"
}

func (b *builder) add(name, kind string, size int64) int32 {
	key := int32(len(b.layout.File))
	accessible := true
	b.layout.File = append(b.layout.File, types.VirtualMachineFileLayoutExFileInfo{
		Key: key, Name: name, Type: kind, Size: size, UniqueSize: size, Accessible: &accessible,
	})
	return key
}

func units(chain []int32) (found []types.VirtualMachineFileLayoutExDiskUnit) {
	for _, key := range chain {
		found = append(found, types.VirtualMachineFileLayoutExDiskUnit{FileKey: []int32{key}})
	}
	return found
}

func seedDatastore(wanted seedStore) error {
	for _, one := range simulator.Map.All("Datastore") {
		store := one.(*simulator.Datastore)
		if store.Name != wanted.Name {
			continue
		}
		if wanted.Capacity > 0 {
			store.Summary.Capacity, store.Summary.FreeSpace = wanted.Capacity, wanted.Free
		}
		if wanted.Accessible != nil {
			store.Summary.Accessible = *wanted.Accessible
		}
		if err := seedFiles(store, wanted.Files); err != nil {
			return err
		}
		url := store.Info.GetDatastoreInfo().Url
		if wanted.NFS != "" {
			host, path, _ := strings.Cut(wanted.NFS, ":")
			store.Summary.Type = "NFS"
			nas := &types.HostNasVolume{RemoteHost: host, RemotePath: path}
			nas.Name, nas.Type = wanted.Name, "NFS"
			store.Info = &types.NasDatastoreInfo{DatastoreInfo: types.DatastoreInfo{Name: wanted.Name, Url: url}, Nas: nas}
		}
		if wanted.NAA != "" {
			store.Summary.Type = "VMFS"
			volume := &types.HostVmfsVolume{Uuid: wanted.UUID}
			volume.Name, volume.Type = wanted.Name, "VMFS"
			volume.Extent = []types.HostScsiDiskPartition{{DiskName: wanted.NAA, Partition: 1}}
			store.Info = &types.VmfsDatastoreInfo{
				DatastoreInfo: types.DatastoreInfo{Name: wanted.Name, FreeSpace: wanted.Free, Url: url}, Vmfs: volume,
			}
		}
		return nil
	}
	return fmt.Errorf("there is no datastore %q", wanted.Name)
}

func (h seedHost) apply() error {
	for _, one := range simulator.Map.All("HostSystem") {
		host := one.(*simulator.HostSystem)
		if host.Name != h.Name {
			continue
		}
		if h.Connection != "" {
			host.Runtime.ConnectionState = types.HostSystemConnectionState(h.Connection)
		}
		device := &types.HostStorageDeviceInfo{MultipathInfo: &types.HostMultipathInfo{}}
		for number, lun := range h.Paths {
			disk := &types.HostScsiDisk{DevicePath: "/vmfs/devices/disks/" + lun.LUN}
			disk.Key, disk.CanonicalName = fmt.Sprintf("key-vim.host.ScsiDisk-%d", number), lun.LUN
			disk.DisplayName, disk.LunType, disk.OperationalState = "seeded "+lun.LUN, "disk", []string{"ok"}
			device.ScsiLun = append(device.ScsiLun, disk)
			unit := types.HostMultipathInfoLogicalUnit{Id: lun.LUN, Lun: disk.Key, Key: "unit-" + lun.LUN}
			for path, state := range lun.States {
				unit.Path = append(unit.Path, types.HostMultipathInfoPath{
					Name: fmt.Sprintf("vmhba%d:C0:T0:L%d", path, number), PathState: state, State: state, Lun: disk.Key,
				})
			}
			device.MultipathInfo.Lun = append(device.MultipathInfo.Lun, unit)
		}
		for name, status := range h.Adapters {
			adapter := &types.HostFibreChannelHba{PortType: types.FibreChannelPortTypeFabric}
			adapter.Key, adapter.Device, adapter.Status, adapter.Model = "key-"+name, name, status, "seeded"
			device.HostBusAdapter = append(device.HostBusAdapter, adapter)
		}
		var parts []types.HostStorageElementInfo
		for name, state := range h.Parts {
			part := types.HostStorageElementInfo{}
			part.Name, part.Status = name, &types.ElementDescription{Key: state, Description: types.Description{Label: state}}
			parts = append(parts, part)
		}
		if parts != nil {
			host.Runtime.HealthSystemRuntime = &types.HealthSystemRuntime{
				HardwareStatusInfo: &types.HostHardwareStatusInfo{StorageStatusInfo: parts},
			}
		}
		host.Config.StorageDevice = device
		return nil
	}
	return fmt.Errorf("there is no host %q", h.Name)
}
