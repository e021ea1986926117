"""Which file systems hold somebody's data, and which are windows into the kernel or read-only images."""

from __future__ import annotations

import re

_PSEUDO = """
    anon_inodefs apparmorfs autofs bdev binder binfmt_misc bpf bpf_fs cgroup cgroup2 configfs cpuset dax
    debugfs devfs devpts devtmpfs drm efivarfs fdescfs functionfs fuse.gvfsd-fuse fuse.lxcfs fuse.portal
    fuse.snapfuse fusectl hugetlbfs inotifyfs ipathfs linprocfs linsysfs mqueue nfsd none nsfs nullfs pipefs
    proc procfs pstore ramfs resctrl rootfs rpc_pipefs securityfs selinuxfs sockfs spufs swap sysfs tmpfs
    tracefs usbdevfs usbfs"""
PSEUDO = frozenset(_PSEUDO.split())
"""They hold nothing that could be lost."""

IMAGES = frozenset(("cramfs", "erofs", "iso9660", "romfs", "squashfs", "udf"))
"""Full and read-only by nature: snaps, installation media."""

_NETWORK = """
    9p acfs afpfs afs auristorfs beegfs ceph cifs coda fhgfs fuse.cephfs fuse.glusterfs fuse.rclone fuse.s3fs
    fuse.sshfs glusterfs gpfs ibrix lustre ncpfs nfs nfs4 smb3 smbfs virtiofs vmhgfs webdav"""
NETWORK = frozenset(_NETWORK.split())
"""Their server may be gone; asking them for space may hang."""

_PSEUDO_SOURCE = re.compile(
    r"(?:none|tmpfs|devtmpfs|udev|shm|overlay|proc|sysfs|cgroup\S*|cgmfs|devfs|efivarfs|run|dev|rootfs|ramfs|"
    r"map \S+|/proc|gvfsd-fuse|portal|revokefs-fuse|squashfuse|systemd-1)"
)


def holds_data(fs_type: str, mountpoint: str) -> bool:
    """Whether a mounted file system of that type is one to be looked after."""
    if fs_type in ("overlay", "aufs"):
        return mountpoint == "/"  # the root of a container or a live system; others repeat what lies below
    return fs_type not in PSEUDO and fs_type not in IMAGES and not fs_type.startswith("gvfs")


def source_holds_data(source: str, mountpoint: str) -> bool:
    """The same by the source, where an output does not tell the type."""
    if mountpoint == "/":
        return True
    return _PSEUDO_SOURCE.fullmatch(source) is None and not mountpoint.startswith(
        ("/proc/", "/sys/", "/snap/")
    )


def over_network(fs_type: str, source: str) -> bool:
    """Whether the file system is served by another machine."""
    return fs_type in NETWORK or source.startswith("//") or re.match(r"[\w.@\[\]-]+:/", source) is not None
