"""TCP ports of backup and management systems. A number is a hint at what listens there, no proof.

8006 and 8007 stand in the manuals of Proxmox VE and Proxmox Backup Server; the others are registered with
IANA or are the defaults that the products' manuals name.
"""

from __future__ import annotations

from collections.abc import Mapping

PORTS: Mapping[int, str] = {
    22: "SSH",
    111: "portmapper",
    139: "SMB over NetBIOS",
    443: "HTTPS",
    445: "SMB",
    623: "IPMI or AMT",
    873: "rsync daemon",
    902: "VMware host",
    2049: "NFS",
    3260: "iSCSI target",
    3389: "Remote Desktop",
    5000: "Synology DSM",
    5001: "Synology DSM over TLS",
    5900: "remote console (VNC)",
    5985: "Windows remote management",
    8000: "restic REST server",
    8006: "Proxmox VE",
    8007: "Proxmox Backup Server",
    9101: "Bacula or Bareos director",
    9102: "Bacula or Bareos client",
    9103: "Bacula or Bareos storage",
    9392: "Veeam Backup & Replication",
    9401: "Veeam Backup & Replication",
    9419: "Veeam REST API",
    10006: "Veeam agent management",
    16509: "libvirt",
    55414: "UrBackup",
}
"""Port → what usually listens there, in the order in which they are tried."""

OWN = frozenset((623, 902, 8006, 8007, 9101, 9103, 9392, 9401, 9419, 10006, 16509, 55414))
"""Ports of which the number alone tells that something is managed or backed up there."""
