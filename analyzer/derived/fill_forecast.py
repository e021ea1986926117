"""When file systems and pools will be full, by the audits so far."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.derived.filesystem import Filesystem
from analyzer.forecast import Point, newest_step
from analyzer.outlook import outlook
from analyzer.site import Site, derived
from collectors.block_tables import FsUsage
from collectors.fact import Fact
from collectors.frozen import frozen
from collectors.table import Row, column, table

_DAY = 86_400.0
_LONGEST_DAYS = 36_500.0


@table("fill_forecast", key=("mountpoint",), root=("fault_of",))
class FillForecast(Row):
    """Growth of the used space of a file system or pool over the audits of the site."""

    mountpoint: str = column("Mountpoint; pool tank; thin pool vg/pool")
    fault_of: str = column("What runs full: the mountpoint, or the pool below")
    samples: int = column("Audits that saw its usage, this one included")
    span_days: float = column("Days between the first and this one")
    size_bytes: int | None = column("Size", default=None)
    available_bytes: int | None = column("Available now", default=None)
    growth_bytes_per_day: float | None = column(
        "Usual growth: median slope (Theil–Sen), measured around clean-ups and single large moves",
        default=None,
    )
    days_to_full: float | None = column(
        "Days until it is full by that slope; 36500 if it does not grow; None without two audits",
        default=None,
    )
    days_to_full_soonest: float | None = column("Lower end of the 80 % interval", default=None)
    days_to_full_latest: float | None = column("Upper end of the 80 % interval", default=None)
    jump_bytes_per_day: float | None = column("Growth since the last audit; None with too few", default=None)
    usual_bytes_per_day: float | None = column("Median growth between audits before", default=None)
    deviation_bytes_per_day: float | None = column("Median absolute deviation of it", default=None)


@derived(FillForecast, out_of=(Filesystem,))
def fill_forecast(site: Site) -> Iterator[Fact[FillForecast]]:
    seen = _history(site)
    for fact in site.facts(Filesystem):
        row = fact.row
        if row.used_bytes is None or row.alias_of or row.read_only_medium or row.read_only:
            continue
        points = [*seen.get((fact.target, row.mountpoint), ()), _point(site, row.used_bytes)]
        pool = (row.source or "").partition("/")[0]
        place = Place(
            row.mountpoint,
            f"zfs:{pool}" if row.fs_type == "zfs" else row.mountpoint,
            row.size_bytes,
            row.available_bytes,
        )
        yield Fact(fact.target, forecast(place, points), fact.sources)


@frozen
class Place:
    """What fills: its name, what is at fault when it is full, its size and room in bytes."""

    name: str
    fault_of: str
    size_bytes: int | None
    available_bytes: int | None


def _point(site: Site, used: float) -> Point:
    """Day and used bytes."""
    return site.at.timestamp() / _DAY, float(used)


def _history(site: Site) -> dict[tuple[str, str], list[Point]]:
    """Day and used bytes of every earlier audit."""
    seen: dict[tuple[str, str], list[Point]] = {}
    for earlier in site.history:
        day = earlier.at.timestamp() / _DAY
        for fact in earlier.facts(FsUsage):
            if fact.row.used_bytes is not None:
                at = seen.setdefault((fact.target, fact.row.mountpoint), [])
                if not at or at[-1][0] != day:
                    at.append((day, float(fact.row.used_bytes)))
    return seen


def forecast(row: Place, points: list[Point]) -> FillForecast:
    """Its growth through the points (day, used bytes), oldest first."""
    return FillForecast(
        mountpoint=row.name,
        fault_of=row.fault_of,
        samples=len(points),
        span_days=points[-1][0] - points[0][0],
        size_bytes=row.size_bytes,
        available_bytes=row.available_bytes,
        **(_growth(points, row.available_bytes) if len(points) > 1 else {}),
    )


def _growth(points: list[Point], room: int | None) -> dict[str, float | None]:
    """Columns that two readings or more tell."""
    told, step = outlook(points, float(room or 0)), newest_step(points)

    def full(days: float) -> float | None:
        return None if room is None else min(days, _LONGEST_DAYS)

    return {
        "growth_bytes_per_day": told.per_day if told else None,
        "days_to_full": full(told.days) if told else None,
        "days_to_full_soonest": full(told.soonest) if told else None,
        "days_to_full_latest": full(told.latest) if told else None,
        "jump_bytes_per_day": step.newest if step else None,
        "usual_bytes_per_day": step.usual if step else None,
        "deviation_bytes_per_day": step.deviation if step else None,
    }
