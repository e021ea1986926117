"""Guests of one target on storage of another: a degraded array of the storage host names them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

import pytest

from analyzer.derived.rests_on import RestsOn
from analyzer.engine import judge
from analyzer.site import Site
from collectors.asking import collect
from collectors.block_tables import BlockDevice, Host, HostIdentity, Mount
from collectors.bundle import BundleWriter
from collectors.cluster_tables import StorageSetting
from collectors.collector import load
from collectors.fact import Fact
from collectors.hypervisor_tables import Datastore, Guest, GuestDisk
from collectors.table import Row
from collectors.targets import Target, open_target
from collectors.targets.vsphere import PASSWORD
from collectors.zfs_tables import ZpoolVdev
from holdwater import api
from tests.canned import CannedTarget, degraded, host
from tests.derived_sites import AT, mirror, site_of, source
from tests.lab.beds import BedMissing
from tests.lab.vcsim import PASSWORD as SECRET
from tests.lab.vcsim import vcsim
from tests.vsphere_seeds import machine

VC = "vc"


def guests(device: str, *, kind: str = "nfs") -> list[Row]:
    """web1 on a datastore that lies on *device*."""
    return [
        Guest(guest="uuid:1", name="web1", hypervisor="vmware", kind="vm"),
        GuestDisk(guest="uuid:1", guest_name="web1", disk="d1", path="[ds1] web1/web1.vmdk", storage="ds1"),
        Datastore(datastore="uuid:9", name="ds1", hypervisor="vmware", kind=kind, device=device),
    ]


def site(rows: dict[str, Iterable[Row]], addresses: dict[str, str] | None = None) -> Site:
    site_of([])
    made = Site("site", AT, tuple(rows), addresses=addresses or {})
    for target, mine in rows.items():
        made.add(Fact(target, row, (source(row.TABLE),)) for row in mine)
    return made


def named(made: Site, target: str) -> list[str]:
    """What the degraded array of a target is said to carry."""
    return [
        finding.message
        for finding in judge(made).failed()
        if finding.rule == "raid/guests-on-degraded" and finding.target == target
    ]


@pytest.mark.parametrize("server", ["nas1", "NAS1.example.org", "storage.example.org", "10.0.0.5"])
def test_an_export_by_name_of_target_or_host_or_by_address(server: str) -> None:
    nas = [*mirror(broken=True), Host(hostname="storage")]
    made = site({VC: guests(f"{server}:/srv/vm"), "nas1": nas}, {"nas1": "10.0.0.5"})
    (message,) = named(made, "nas1")
    assert "1 guest (web1 of vc)" in message
    edges = {(f.row.upper_label, f.row.lower) for f in made.facts(RestsOn) if f.target == "nas1"}
    assert edges >= {("web1 of vc", "datastore:vc/uuid:9"), ("ds1 of vc", "mount:/srv")}


def test_an_export_by_an_address_of_the_storage_network() -> None:
    """The storage host was reached by another address: its own list of addresses tells."""
    identity = HostIdentity(hostname="storage", addresses="10.0.0.5 192.168.99.5")
    made = site({VC: guests("192.168.99.5:/srv/vm"), "nas1": [*mirror(broken=True), identity]})
    (message,) = named(made, "nas1")
    assert "web1 of vc" in message


@pytest.mark.parametrize("device", ["other:/srv/vm", "nas1", "nas1:srv", "/vmfs/volumes/x", ""])
def test_what_names_no_host_of_the_site_is_joined_to_none(device: str) -> None:
    made = site({VC: guests(device), "nas1": mirror(broken=True)})
    assert not named(made, "nas1")


def test_a_name_that_two_hosts_bear_is_joined_to_none() -> None:
    both = [*mirror(broken=True), Host(hostname="nas")]
    made = site({VC: guests("nas:/srv/vm"), "a": both, "b": both})
    assert not named(made, "a")
    assert not named(made, "b")


def test_a_disk_by_its_world_wide_name() -> None:
    nas = mirror(broken=True)
    made = site({VC: guests("naa.5000c500aabbcc01", kind="vmfs"), "nas1": nas})
    edges = {(f.row.upper_label, f.row.lower_kind) for f in made.facts(RestsOn) if f.target == "nas1"}
    assert ("ds1 of vc", "disk") in edges


def test_a_volume_of_vmfs_by_its_uuid() -> None:
    """The host that offers a volume as a LUN sees the signature in it, though not the files."""
    volume = "5f5c1d2e-8a7b6c5d-0e1f-a0369f112233"
    lun = BlockDevice(name="dm-1", type="lvm", parents="md0", fs_type="VMFS_volume_member", fs_uuid=volume)
    vc = guests("")
    vc[2] = Datastore(datastore=f"uuid:{volume}", name="ds1", hypervisor="vmware", kind="vmfs")
    (message,) = named(site({VC: vc, "nas1": [*mirror(broken=True), lun]}), "nas1")
    assert "web1 of vc" in message


def cluster(kind: str, place: str) -> list[Row]:
    """A guest on a storage that node pve1 has for itself."""
    return [
        Guest(guest="qemu/100", name="db1", hypervisor="proxmox", kind="vm", host="pve1"),
        GuestDisk(guest="qemu/100", guest_name="db1", disk="scsi0", path="s:vm-100-disk-0", storage="s"),
        Datastore(datastore="name:pve1/s", name="s", hypervisor="proxmox", kind=kind),
        Datastore(datastore="name:pve2/s", name="s", hypervisor="proxmox", kind=kind),
        StorageSetting(storage="s", kind=kind, place=place),
    ]


@pytest.mark.parametrize(("kind", "place"), [("dir", "/srv/images"), ("lvmthin", "vg/srv"), ("lvm", "vg")])
def test_a_storage_of_a_node_lies_on_the_host_of_its_name(kind: str, place: str) -> None:
    rows = {"cluster": cluster(kind, place), "pve1": mirror(broken=True), "pve2": mirror()}
    made = site(rows)
    (message,) = named(made, "pve1")
    assert "db1 of cluster" in message
    assert not named(made, "pve2")
    elsewhere = site(rows | {"cluster": cluster(kind, "/mnt" if kind == "dir" else "vg2")})
    assert not named(elsewhere, "pve1")


def test_a_pool_of_a_node_by_the_api_alone() -> None:
    """Its devices are told by the API under the name of the node; without SSH to it that is all there is."""
    pool = [
        ZpoolVdev(pool="pve1:tank", place=place, vdev=vdev, kind=kind, role="data", parent=above, **more)
        for place, vdev, kind, above, more in (
            ("mirror-0", "mirror-0", "mirror", "", {"top": "mirror-0", "number": 0, "state": "DEGRADED"}),
            ("mirror-0/a", "a", "disk", "mirror-0", {"top": "mirror-0", "number": 0, "state": "ONLINE"}),
            ("mirror-0/b", "b", "disk", "mirror-0", {"top": "mirror-0", "number": 1, "state": "UNAVAIL"}),
        )
    ]
    made = site({"cluster": [*cluster("zfspool", "tank/data"), *pool]})
    (message,) = named(made, "cluster")
    assert "db1" in message


@pytest.mark.parametrize("kind", ["ext", "lvm"])
def test_a_repository_of_xenserver_lies_on_disks_of_its_host(kind: str) -> None:
    uuid = "c1ba2f35-6a0b-4d6f-9b0e-0a3c4f2d7e10"
    group = f"VG_XenStorage--{uuid.replace('-', '--')}"
    rows: list[Row] = [
        Guest(guest="uuid:7", name="files", hypervisor="xen", kind="vm"),
        GuestDisk(guest="uuid:7", guest_name="files", disk="xvda", storage=f"uuid:{uuid}"),
        Datastore(datastore=f"uuid:{uuid}", name="Local storage", hypervisor="xen", kind=kind),
    ]
    if kind == "lvm":
        rows.append(BlockDevice(name="dm-7", type="lvm", parents="md0", mapped_name=f"{group}-MGT"))
    else:
        where = f"/run/sr-mount/{uuid}"
        rows += [
            BlockDevice(name="dm-7", type="lvm", parents="md0", mountpoints=where),
            Mount(mountpoint=where, source="/dev/dm-7", fs_type="ext4", options="rw", read_only=False),
        ]
    (message,) = named(site({"xcp1": [*mirror(broken=True), *rows]}), "xcp1")
    assert "files" in message


def test_guests_on_a_healthy_array_are_in_no_danger() -> None:
    made = site({VC: guests("nas1:/srv/vm"), "nas1": mirror()})
    assert not named(made, "nas1")


@pytest.mark.lab
def test_a_whole_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An NFS server with a degraded mirror, and a vCenter with guests on its export."""
    seed = {
        "machines": [machine(number) for number in range(3)],
        "datastores": [{"name": "LocalDS_0", "nfs": "nas1.example.org:/srv/vm"}],
    }
    try:
        with vcsim(tmp_path, seed=seed, machines=3) as vcenter:
            monkeypatch.setenv("SSL_CERT_FILE", str(vcenter.certificate))
            monkeypatch.setenv(PASSWORD, SECRET)
            targets: list[Target] = [open_target(vcenter.address, name=VC)]
            targets.append(CannedTarget("nas1", degraded(host("nas1"))))
            writer = BundleWriter(tmp_path / "all.evidence.zip", site="office", tool="test")
            asyncio.run(collect(targets, list(load().values()), writer))
    except BedMissing as missing:
        pytest.skip(f"vCenter bed: {missing}")
    judgement = api.judge(writer.path)
    (found,) = [one for one in judgement.failed() if one.rule == "raid/guests-on-degraded"]
    assert (found.target, found.severity) == ("nas1", "critical")
    assert "3 guests (DC0_C0_RP0_VM0 of vc, DC0_C0_RP0_VM1 of vc, DC0_C0_RP0_VM2 of vc)" in found.message
