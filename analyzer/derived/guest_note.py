"""Notes that speak of backups, the newest of each guest: statements, which no copy stands behind."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.joining import sources
from analyzer.site import Site, derived
from collectors.fact import Fact
from collectors.table import Row, column, table
from collectors.vsphere_tables import GuestBackupNote


@table("guest_note", key=("guest",), label=("name",), root=("guest",))
class GuestNote(Row):
    """What the newest note at a guest says of its last backup."""

    guest: str = column("Identity of the guest")
    name: str = column("Its name", default="")
    attribute: str = column("Where it stands: custom attribute or annotation", default="")
    product: str | None = column("Product that it names", default=None)
    age_hours: float | None = column(
        "Age of the newest time in it; None: none, or in the future", default=None
    )
    failed: bool | None = column("It speaks of a failure", default=None)
    text: str | None = column("The note, as far as kept", default=None)


@derived(GuestNote, out_of=(GuestBackupNote,))
def guest_note(site: Site) -> Iterator[Fact[GuestNote]]:
    newest: dict[tuple[str, str], Fact[GuestBackupNote]] = {}
    for fact in site.facts(GuestBackupNote):
        key = (fact.target, fact.row.guest)
        if key not in newest or _time(fact) > _time(newest[key]):
            newest[key] = fact
    for (target, guest), fact in newest.items():
        note = fact.row
        age = (site.at - note.last_backup_at).total_seconds() / 3600 if note.last_backup_at else None
        row = GuestNote(
            guest=guest,
            name=note.guest_name,
            attribute=note.attribute,
            product=note.product,
            age_hours=None if age is None or age < -24 else max(age, 0.0),
            failed=note.failed,
            text=note.text,
        )
        yield Fact(target, row, sources(fact))


def _time(fact: Fact[GuestBackupNote]) -> float:
    return fact.row.last_backup_at.timestamp() if fact.row.last_backup_at else 0.0
