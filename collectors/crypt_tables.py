"""Tables about encrypted disks and disks with checksums below the file system."""

from __future__ import annotations

from collectors.table import Row, column, table


@table("crypt_header", key=("device",))
class CryptHeader(Row):
    """What the header of an encrypted device tells without a key."""

    device: str = column("Path of the encrypted device, /dev/sda3")
    uuid: str | None = column("UUID in the header", default=None)
    version: int | None = column("Version of the LUKS format", default=None)
    key_slots: int | None = column("Key slots in use: ways to open it", default=None)
    tokens: int | None = column("Tokens: key slots opened by a chip, a server or a card", default=None)
    cipher: str | None = column("Cipher of the data", default=None)


@table("integrity_device", key=("name",))
class IntegrityDevice(Row):
    """A device whose sectors carry checksums (dm-integrity)."""

    name: str = column("Name of the device mapper")
    mismatches: int | None = column("Sectors whose checksum was wrong since it was opened", default=None)
