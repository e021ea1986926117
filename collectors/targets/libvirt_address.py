"""Addresses of libvirt (libvirt.org/uri.html): the host behind one is asked by its own virsh and qemu-img.

A connection of libvirt tells neither what lies in the images nor on what they lie, so it is not used.
"""

from __future__ import annotations

from urllib.parse import urlsplit

SCHEMES = ("qemu", "qemu+ssh", "qemu+libssh", "qemu+libssh2", "qemu+unix")
_OTHERS = ("qemu+", "xen", "lxc:", "test:", "esx:", "vpx:", "bhyve:", "vbox:", "hyperv:")


def is_libvirt(spec: str) -> bool:
    """Whether it is an address of libvirt, of any driver and transport."""
    return "://" in spec and (spec.partition(":")[0] in SCHEMES or spec.startswith(_OTHERS))


def host_of_libvirt(spec: str) -> str:
    """The address of the host: `ssh://user@host[:port]`, or `local`. Raises ValueError.

    `qemu+ssh://user@host/system` → `ssh://user@host`; `qemu:///system` → `local`.
    """
    try:
        parts = urlsplit(spec)
        known = parts.scheme in SCHEMES
    except ValueError as error:
        raise ValueError(f"{spec!r}: {error}; say qemu+ssh://user@host/system") from error
    if not known:
        raise ValueError(f"{spec!r}: of libvirt's addresses, qemu+ssh://user@host/system can be asked")
    if parts.path not in ("", "/", "/system"):
        raise ValueError(f"{spec!r}: only the guests of the whole host can be asked: end it with /system")
    if parts.query:
        raise ValueError(
            f"{spec!r}: what follows the ? is not used here: put key and proxy into ~/.ssh/config instead"
        )
    there = parts.netloc
    if "+" in parts.scheme and not parts.scheme.endswith("unix"):
        if not there:
            raise ValueError(f"{spec!r} names no host: say qemu+ssh://user@host/system")
        return f"ssh://{there}"
    if there:
        raise ValueError(f"{spec!r}: only over SSH is another host asked: say qemu+ssh://{there}/system")
    return "local"
