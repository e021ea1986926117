"""Tables about XCP-ng and XenServer alone."""

from __future__ import annotations

from datetime import datetime

from collectors.table import Row, column, table


@table("coalesce_log", key=("log",))
class CoalesceLog(Row):
    """What the storage manager logged about merging the layers of removed snapshots."""

    log: str = column("File it is logged in")
    failures: int = column("Failures since the last merge that went well")
    first_failed_at: datetime | None = column("The first of them", default=None)
    last_failed_at: datetime | None = column("The last of them", default=None)
    last_merged_at: datetime | None = column("The last merge that went well", default=None)
    said: str | None = column("What the last failure said", default=None)
