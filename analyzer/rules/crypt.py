"""Rules on encrypted disks and on checksums below the file system."""

from __future__ import annotations

from analyzer.rule import rule
from analyzer.verdict import OK, Fail, Unknown, Verdict
from collectors.crypt_tables import CryptHeader, IntegrityDevice


@rule("fs/crypt-header-unprotected", on=CryptHeader, severity="low", controls=("C12",))
def header_unprotected(row: CryptHeader, *, limit_slots: int = 2) -> Verdict:
    """An encrypted disk hangs on one header and one key.

    Why it matters
        The header of a few megabytes holds the only copies of the key that decrypts everything. One bad
        sector, one installer that writes there, or one forgotten passphrase, and no recovery service on earth
        gets the data back.

    What to do
        Add a second key (`cryptsetup luksAddKey`), kept sealed off the site. Save the header
        (`cryptsetup luksHeaderBackup`) to another place, guarded like a key, and again after every change of
        keys. Nothing on a host tells whether such a copy exists: once it does, waive this with a date.

    What not to do
        Do not keep the copy of the header on the encrypted disk, and do not try out `luksErase`.

    References
        cryptsetup(8): luksHeaderBackup. LUKS2 keeps its header twice, but its keys only once.
    """
    name = f"{row.device} (LUKS{row.version or ''})"
    if row.key_slots is None:
        return Unknown(f"{name}: its key slots were not told")
    if row.key_slots == 0:
        return Fail(f"{name}: no key slot is left: it cannot be opened again", "critical", "key_slots")
    if row.key_slots < limit_slots:
        return Fail(f"{name}: {row.key_slots} key opens it; limit {limit_slots}", None, "key_slots")
    return OK


@rule("raid/integrity-mismatch", on=IntegrityDevice, severity="high", controls=("C5",))
def integrity_mismatch(row: IntegrityDevice) -> Verdict:
    """Sectors with a wrong checksum were read.

    Why it matters
        The disk below gave back something else than was written, and reported success. Only the checksum
        noticed. What a mirror above could not replace is lost.

    What to do
        Replace the drive below after copying. If an array lies above, let it run a check, so that the bad
        copies are rewritten from the good ones.

    What not to do
        Do not open the device with recalculation of the checksums: that makes wrong data look right.

    References
        The kernel's Documentation/admin-guide/device-mapper/dm-integrity.rst: status.
    """
    if row.mismatches is None:
        return Unknown(f"{row.name}: its mismatches were not told")
    if row.mismatches:
        return Fail(
            f"{row.name}: {row.mismatches} sectors with a wrong checksum; limit 0", None, "mismatches"
        )
    return OK
