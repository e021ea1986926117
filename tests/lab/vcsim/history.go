// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

var withoutTaskHistory bool

// A task of the past. Made: name of the snapshot that it made; Error: why it failed.
type seedTask struct {
	Description string    `json:"description"`
	Machine     string    `json:"machine"`
	User        string    `json:"user"`
	At          time.Time `json:"at"`
	Made        string    `json:"made"`
	Error       string    `json:"error"`
}

// A file on a datastore, as the browser lists it.
type seedFile struct {
	Path     string    `json:"path"`
	Bytes    int64     `json:"bytes"`
	Modified time.Time `json:"modified"`
}

// taskHistory keeps a history of tasks, which the simulator itself does not.
type taskHistory struct {
	simulator.TaskManager

	past []types.TaskInfo
}

func (h *taskHistory) CreateCollectorForTasks(ctx *simulator.Context, r *types.CreateCollectorForTasks) soap.HasFault {
	body := &methods.CreateCollectorForTasksBody{}
	if withoutTaskHistory {
		body.Fault_ = simulator.Fault("", &types.NotSupported{})
		return body
	}
	collector := &TaskHistoryCollector{}
	for _, one := range h.past {
		if r.Filter.Time == nil || r.Filter.Time.BeginTime == nil || one.QueueTime.After(*r.Filter.Time.BeginTime) {
			collector.found = append(collector.found, one)
		}
	}
	ref := ctx.Session.Put(collector).Reference()
	body.Res = &types.CreateCollectorForTasksResponse{Returnval: ref}
	return body
}

type TaskHistoryCollector struct {
	mo.HistoryCollector

	found []types.TaskInfo
	next  int
}

func (c *TaskHistoryCollector) RewindCollector(*simulator.Context, *types.RewindCollector) soap.HasFault {
	c.next = 0
	return &methods.RewindCollectorBody{Res: &types.RewindCollectorResponse{}}
}

func (c *TaskHistoryCollector) ReadNextTasks(_ *simulator.Context, r *types.ReadNextTasks) soap.HasFault {
	end := c.next + int(r.MaxCount)
	if end > len(c.found) {
		end = len(c.found)
	}
	page := c.found[c.next:end]
	c.next = end
	return &methods.ReadNextTasksBody{Res: &types.ReadNextTasksResponse{Returnval: page}}
}

func (c *TaskHistoryCollector) DestroyCollector(ctx *simulator.Context, r *types.DestroyCollector) soap.HasFault {
	ctx.Session.Remove(r.This)
	return &methods.DestroyCollectorBody{Res: &types.DestroyCollectorResponse{}}
}

// seedTasks gives the server a past: a history of tasks, and the events that they left.
func seedTasks(wanted []seedTask, machines map[string]*simulator.VirtualMachine) {
	content := simulator.Map.Get(types.ManagedObjectReference{Type: "ServiceInstance", Value: "ServiceInstance"}).(*simulator.ServiceInstance).Content
	history := &taskHistory{}
	history.Self = *content.TaskManager
	events := simulator.Map.Get(*content.EventManager).(*simulator.EventManager)
	for number, one := range wanted {
		machine := machines[one.Machine]
		self, at := machine.Self, one.At
		key := fmt.Sprintf("task-past-%d", number)
		info := types.TaskInfo{
			Key: key, Task: types.ManagedObjectReference{Type: "Task", Value: key},
			DescriptionId: one.Description, Entity: &self, EntityName: machine.Name,
			State: types.TaskInfoStateSuccess, Reason: &types.TaskReasonUser{UserName: one.User},
			QueueTime: at, StartTime: &at, CompleteTime: &at,
		}
		begun := info
		begun.State = types.TaskInfoStateQueued
		if one.Error != "" {
			info.State = types.TaskInfoStateError
			info.Error = &types.LocalizedMethodFault{Fault: &types.FileLocked{}, LocalizedMessage: one.Error}
		}
		if made := snapshotNamed(machine.Snapshot, one.Made); made != nil {
			info.Result = *made
		}
		history.past = append(history.past, info)
		event := &types.TaskEvent{Info: begun}
		event.CreatedTime, event.UserName = at, one.User
		event.Vm = &types.VmEventArgument{EntityEventArgument: types.EntityEventArgument{Name: machine.Name}, Vm: self}
		ctx := &simulator.Context{Context: context.Background(), Session: &simulator.Session{}, Map: simulator.Map}
		events.PostEvent(ctx, &types.PostEvent{EventToPost: event})
		event.CreatedTime, event.UserName = at, one.User
	}
	simulator.Map.Put(history)
}

func snapshotNamed(info *types.VirtualMachineSnapshotInfo, name string) *types.ManagedObjectReference {
	if info == nil || name == "" {
		return nil
	}
	waiting := append([]types.VirtualMachineSnapshotTree{}, info.RootSnapshotList...)
	for len(waiting) > 0 {
		one := waiting[0]
		if one.Name == name {
			return &one.Snapshot
		}
		waiting = append(waiting[1:], one.ChildSnapshotList...)
	}
	return nil
}

// seedFiles writes sparse files where the simulator keeps what lies on a datastore.
func seedFiles(store *simulator.Datastore, files []seedFile) error {
	for _, one := range files {
		path := filepath.Join(store.Info.GetDatastoreInfo().Url, one.Path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			return err
		}
		if err := os.Truncate(path, one.Bytes); err != nil {
			return err
		}
		if err := os.Chtimes(path, one.Modified, one.Modified); err != nil {
			return err
		}
	}
	return nil
}

// seedFields names custom attributes; their values are given to machines by name.
func seedFields(names []string) {
	content := simulator.Map.Get(types.ManagedObjectReference{Type: "ServiceInstance", Value: "ServiceInstance"}).(*simulator.ServiceInstance).Content
	if content.CustomFieldsManager == nil { // a single ESXi host has none
		return
	}
	fields := simulator.Map.Get(*content.CustomFieldsManager).(*simulator.CustomFieldsManager)
	for number, name := range names {
		fields.Field = append(fields.Field, types.CustomFieldDef{
			Key: int32(101 + number), Name: name, Type: "string", ManagedObjectType: "VirtualMachine",
		})
	}
}
