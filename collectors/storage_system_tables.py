"""Tables about storage systems with an interface of their own."""

from __future__ import annotations

from collectors.table import Row, column, table


@table("storage_part", key=("kind", "name"), label=("kind", "name"))
class StoragePart(Row):
    """A part of a storage system, as its management interface tells it."""

    kind: str = column("drive, pool, controller, volume, system or alert")
    name: str = column("Name or location")
    health: str | None = column("State in the words of the system", default=None)
    sound: bool | None = column("The state is the good one; None if it is not known which is", default=None)
    alert_severity: str | None = column("Severity of an alert, lower case", default=None)
    said: str = column("What an alert says", default="")
    serial: str | None = column("Serial number", default=None)
    model: str | None = column("Model", default=None)
    life_left_percent: float | None = column("Rated endurance that is left", default=None)
    size_bytes: int | None = column("Size", default=None)
    free_bytes: int | None = column("Free", default=None)
