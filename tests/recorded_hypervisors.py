"""What a Hyper-V host and an XCP-ng host with known faults answer, after the fields their makers document."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from collectors.tools import hyperv_live as hv
from collectors.tools import xen_live as xen
from tests.recorded_host import RecordedHost

FILES = "6d0d2e64-9a35-4d0c-9c1b-0f6f5a4b7c11"
DC = "0f1c6a52-2f4d-4a59-9b5c-8a1d1a8e2b02"
ROOT = "D:\\Hyper-V\\"


def powershell(*items: dict[str, Any], admin: bool = True, errors: tuple[str, ...] = ()) -> str:
    """The frame around our answers, as ConvertTo-Json of 5.1 writes it: one item without brackets."""
    told = items[0] if len(items) == 1 else list(items)
    return "\ufeff" + json.dumps({"admin": admin, "items": told, "errors": list(errors)})


def hyperv_host(host: RecordedHost, at: datetime, *, merging: bool = True) -> None:
    """A guest with an old checkpoint, a recovery one and a long chain; a DC on a delta of nobody."""

    def days(count: float) -> str:
        return (at - timedelta(days=count)).isoformat()

    def image(name: str, parent: str | None, size: int) -> dict[str, Any]:
        below = f"{ROOT}{parent}" if parent else ""
        kind = "Differencing" if parent else "Dynamic"
        sizes = {"FileSize": size, "Size": 64 << 30}
        return {"Path": f"{ROOT}{name}", "ParentPath": below, "VhdFormat": "VHDX", "VhdType": kind} | sizes

    def drive(guest: str, name: str, file: str) -> dict[str, Any]:
        place = {"ControllerType": "SCSI", "ControllerNumber": 0, "ControllerLocation": 0}
        return {"VMName": name, "VMId": guest, "Path": f"{ROOT}{file}", "DiskNumber": None} | place

    def guest(identity: str, name: str, **more: Any) -> dict[str, Any]:
        told = {"Name": name, "VMId": identity, "State": "Running", "Status": "Operating normally"}
        told |= {"ComputerName": "HV1", "Generation": 2, "CheckpointType": "Production", "Notes": ""}
        told |= {"AutomaticCheckpointsEnabled": False, "CreationTime": days(700)}
        return told | {"ReplicationHealth": "NotApplicable", "ReplicationState": "Disabled"} | more

    def checkpoint(name: str, kind: str, age: float, parent: str = "") -> dict[str, Any]:
        told = {"Name": name, "VMName": "files01", "VMId": FILES, "Id": f"id-{name}", "SnapshotType": kind}
        return told | {"ParentSnapshotId": parent, "State": "Off", "CreationTime": days(age), "Notes": ""}

    answers = {
        hv.HYPERV_HERE: powershell({"Name": "vmms", "Status": "Running"}),
        hv.HYPERV_GUESTS: powershell(
            guest(FILES, "files01", ReplicationHealth="Critical", ReplicationState="Error"),
            guest(DC, "DC01", AutomaticCheckpointsEnabled=True)
            | ({"Status": "Merging disks"} if merging else {}),
        ),
        hv.HYPERV_CHECKPOINTS: powershell(
            checkpoint("before-patch", "Standard", 20),
            checkpoint("backup", "Recovery", 3, "id-before-patch"),
        ),
        hv.HYPERV_DISKS: powershell(
            drive(FILES, "files01", "files01_7.avhdx"), drive(DC, "DC01", "dc01_1.avhdx")
        ),
        hv.HYPERV_IMAGES: powershell(
            image("files01_7.avhdx", "FILES01_6.avhdx", 9 << 30),  # as parents are written now and then
            *(image(f"files01_{n}.avhdx", f"files01_{n - 1}.avhdx", 1 << 30) for n in range(6, 1, -1)),
            image("files01_1.avhdx", "files01.vhdx", 1 << 30),
            image("files01.vhdx", None, 40 << 30),
            image("dc01_1.avhdx", "dc01.vhdx", 2 << 30),
            {"Path": f"{ROOT}dc01.vhdx", "Missing": True},
            errors=(
                "ObjectNotFound|VirtualizationException,Microsoft.Vhd.PowerShell.Cmdlets.GetVHD|not found",
            ),
        ),
        hv.HYPERV_FILES: powershell(
            *(
                {"FullName": f"{ROOT}{name}", "Length": 1 << 30, "Written": days(90)}
                for name in ("files01_7.avhdx", "left_1.avhdx")
            )
        ),
        hv.HYPERV_REPLICAS: powershell(
            {
                "VMName": "files01",
                "VMId": FILES,
                "Health": "Critical",
                "State": "Error",
                "Mode": "Primary",
                "LastReplicationTime": days(2),
                "ReplicaServer": "hv2",
                "FrequencySec": 300,
            }
        ),
    }
    for form, out in answers.items():
        host.says(form().argv, out)


def hyperv_without_rights(host: RecordedHost) -> None:
    """The service is there, and the account is told of nothing."""
    host.says(hv.HYPERV_HERE().argv, powershell({"Name": "vmms", "Status": "Running"}, admin=False))
    for form in (hv.HYPERV_GUESTS, hv.HYPERV_CHECKPOINTS, hv.HYPERV_DISKS, hv.HYPERV_IMAGES):
        host.says(form().argv, powershell(admin=False))
    for form in (hv.HYPERV_FILES, hv.HYPERV_REPLICAS):
        host.says(form().argv, powershell(admin=False))


def records(*told: dict[str, str]) -> str:
    """Records as xe prints them."""
    return (
        "\n\n".join("\n".join(f"{key} ( RO): {value}" for key, value in one.items()) for one in told) + "\n"
    )


def uuid(number: int) -> str:
    return f"{number:08x}-0000-4000-8000-000000000000"


def xen_host(host: RecordedHost, at: datetime) -> None:
    """A guest with a chain of 11 layers that are not merged, an old snapshot, and one held by the control
    domain."""
    store, guest, control = uuid(0xA), uuid(1), uuid(2)

    def ago(days: float) -> str:
        return (at - timedelta(days=days)).strftime("%Y%m%dT%H:%M:%SZ")

    def image(number: int, parent: int | None, **more: str) -> dict[str, str]:
        told = {"uuid": uuid(number), "name-label": "base copy", "is-a-snapshot": "false", "sr-uuid": store}
        told |= {"virtual-size": str(50 << 30), "physical-utilisation": str(2 << 30), "managed": "false"}
        below = f"vhd-parent: {uuid(parent)}" if parent else "vdi_type: vhd"
        return told | {"missing": "false", "sm-config": below} | more

    snapshot = {"is-a-snapshot": "true", "managed": "true", "name-label": "files disk"}
    host.says(xen.XEN_HERE().argv, "/opt/xensource/bin/xe\n")
    host.says(
        xen.XEN_GUESTS().argv,
        records(
            {"uuid": guest, "name-label": "files", "is-a-template": "false", "is-control-domain": "false"}
            | {"power-state": "running", "PV-drivers-version": "<not in database>", "other-config": ""},
            {"uuid": control, "name-label": "Control domain on host: xcp1", "is-control-domain": "true"}
            | {"power-state": "running", "is-a-template": "false"},
        ),
    )
    host.says(xen.XEN_TEMPLATES().argv, "")
    host.says(
        xen.XEN_SNAPSHOTS().argv,
        records(
            {"uuid": uuid(3), "name-label": "before upgrade", "is-a-snapshot": "true", "snapshot-of": guest}
            | {"snapshot-time": ago(40), "name-description": ""}
        ),
    )
    held = {"device": "xvdb", "type": "Disk", "empty": "false"}
    host.says(
        xen.XEN_DISKS().argv,
        records(
            {"uuid": uuid(0x20), "vm-uuid": guest, "vm-name-label": "files", "vdi-uuid": uuid(0x100)}
            | held
            | {"currently-attached": "true"},
            {"uuid": uuid(0x21), "vm-uuid": control, "vm-name-label": "Control domain on host: xcp1"}
            | {"vdi-uuid": uuid(0x300)}
            | held
            | {"currently-attached": "true"},
            {"uuid": uuid(0x22), "vm-uuid": uuid(3), "vm-name-label": "before upgrade"}
            | {"vdi-uuid": uuid(0x300)}
            | held
            | {"currently-attached": "false"},
        ),
    )
    chain = [image(0x200 + n, 0x201 + n if n < 10 else None) for n in range(11)]
    active = image(0x100, 0x200, managed="true") | {"name-label": "files disk"}
    taken = image(0x300, 0x20A, **{"snapshot-time": ago(5)}) | snapshot
    host.says(xen.XEN_IMAGES().argv, records(active, *chain, taken))
    host.says(
        xen.XEN_STORES().argv,
        records(
            {"uuid": store, "name-label": "Local storage", "type": "lvm", "content-type": "user"}
            | {"shared": "false", "physical-size": str(500 << 30), "physical-utilisation": str(495 << 30)}
            | {"virtual-allocation": str(700 << 30)}
        ),
    )
    lines = []
    for days, said in (
        (6, "Coalesced size = 1.2G"),
        (4, "No space to leaf-coalesce *a1"),
        (1, "EXCEPTION x"),
    ):
        lines.append(f"{at - timedelta(days=days):%b %d %H:%M:%S} xcp1 SMGC: [12345] {said}")
    host.says(xen.XEN_LOG().argv, "\n".join(lines) + "\n")
