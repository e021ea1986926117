# SPDX-License-Identifier: Apache-2.0
"""Two user-mode Linux machines on one wire: a NAS that serves a file system, and a server that mounts it.

    with nas_and_server(tmp_path) as (nas, web):
        serve_nfs(nas)
        mount_nfs(web, "/mnt/backup", "rw")

The wire is UDP on loopback. Both kernels, the NFS server and the clients of NFS and SMB in them, and smbd
are real.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .beds import must, need_programs
from .uml import Uml

NAS, WEB = "10.99.0.1", "10.99.0.2"
TOOLS = {
    "exportfs": "nfs-kernel-server",
    "rpc.nfsd": "nfs-kernel-server",
    "mount.nfs": "nfs-common",
    "smbd": "samba",
}
SMB = """\
[global]
  server role = standalone server
  map to guest = Bad User
  disable spoolss = yes
  load printers = no
[backup]
  path = /mnt/backup
  guest ok = yes
  read only = no
  force user = root
"""


def _free() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def _wire(mine: int, theirs: int) -> str:
    ends = f"src=127.0.0.1,dst=127.0.0.1,srcport={mine},dstport={theirs}"
    return f"vec0:transport=l2tpv3,udp=1,{ends},rx_session=1,tx_session=1"


@contextmanager
def nas_and_server(folder: Path) -> Iterator[tuple[Uml, Uml]]:
    """`nas1` with an ext4 file system at /mnt/backup, and `web1`; each knows the other's name."""
    need_programs(TOOLS)
    one, other = _free(), _free()
    disks = [64 << 20]
    nas = Uml(folder / "nas", disks=disks, name="nas1", arguments=(_wire(one, other),))
    web = Uml(folder / "web", disks=disks, name="web1", arguments=(_wire(other, one),))
    with nas, web:
        for bed, address in ((nas, NAS), (web, WEB)):
            must(bed, f"ip addr add {address}/24 dev vec0 && ip link set vec0 up")
            must(bed, f"printf '{NAS} nas1\\n{WEB} web1\\n' >>/etc/hosts")
        must(nas, "mkfs.ext4 -q /dev/ubdb && mkdir -p /mnt/backup && mount /dev/ubdb /mnt/backup")
        yield nas, web


def serve_nfs(nas: Uml) -> None:
    """Export /mnt/backup by NFS 3, writable, to the network of the wire; NFS 4 wants its root exported."""
    must(
        nas,
        "modprobe nfsd && mount -t nfsd nfsd /proc/fs/nfsd"
        " && mkdir -p /var/lib/nfs/sm /run/rpcbind && rpcbind"
        " && touch /var/lib/nfs/etab /var/lib/nfs/rmtab"
        " && echo '/mnt/backup 10.99.0.0/24(rw,no_root_squash,no_subtree_check)' >/etc/exports"
        " && exportfs -ra && rpc.nfsd -V 3 -N 4 2 && rpc.mountd",
        timeout=60,
    )


def serve_smb(nas: Uml) -> None:
    """Share /mnt/backup with everybody, writable."""
    must(nas, "mkdir -p /run/samba /var/log/samba /var/lib/samba/private /var/cache/samba /etc/samba")
    must(nas, f"cat >/etc/samba/smb.conf <<'END'\n{SMB}END\nsmbd -D && sleep 1", timeout=60)


def mount_nfs(web: Uml, where: str, options: str) -> None:
    """Mount what the NAS exports by the kernel's client."""
    must(
        web,
        f"mkdir -p {where} && modprobe nfsv3"
        f" && mount -t nfs -o vers=3,nolock,{options} nas1:/mnt/backup {where}",
        timeout=60,
    )


def mount_smb(web: Uml, where: str, options: str) -> None:
    """The kernel's client is given the address, so that no mount.cifs is needed."""
    must(
        web,
        f"mkdir -p {where} && modprobe cifs && mount -i -t cifs //nas1/backup {where} -o"
        f" ip={NAS},username=nobody,password=x,vers=3.0,{options}",
        60,
    )
