"""What the report says, in the order in which it says it: plain values, ready to be drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analyzer.engine import Judgement
from reports.changes import Compared, compared
from reports.charts import Chart, charts, gauge
from reports.collection import TARGETS_ON_PAPER, TARGETS_SHOWN, Collection, collection
from reports.excerpt import Allowance, Excerpt
from reports.fate_picture import fates, timeline
from reports.groups import ROWS, Group, Passed, groups, passed, total
from reports.headline import Headline, Worst, headline, worst
from reports.losses import Loss, losses, nearest
from reports.storage_picture import Pictures, pictures
from reports.systems import ARGUED_ON_PAPER, Systems, systems
from reports.systems import ROWS as SYSTEMS
from reports.unseen import Unseen, unseen
from reports.waived import Waived, overdue, waived

if TYPE_CHECKING:
    from markupsafe import Markup

BYTES_OF_EVIDENCE = 1_300_000
"""Room for raw answers in the page; the worst findings get it first."""
BYTES_ON_PAPER, ROWS_ON_PAPER = 60_000, 600


@dataclass(frozen=True, slots=True)
class Page:
    """The whole report."""

    brand: str
    headline: Headline
    systems: Systems
    fates: Markup | None
    timeline: Markup | None
    gauge: Markup
    losses: tuple[Loss, ...]
    worst: tuple[Worst, ...]
    unseen: Unseen
    pictures: Pictures
    charts: tuple[Chart, ...]
    groups: tuple[Group, ...]
    undecided: tuple[Group, ...]
    leaving: tuple[Group, ...]
    waivers: tuple[Waived, ...]
    overdue: str
    passed: tuple[Passed, ...]
    collection: Collection
    changes: Compared | None

    @property
    def nearest(self) -> tuple[Loss, ...]:
        """The losses for the first screen."""
        return nearest(self.losses)

    @property
    def sick(self) -> bool:
        """Whether anything serious was found."""
        return any(group.severity in ("critical", "high") for group in self.groups)

    @property
    def contents(self) -> tuple[tuple[str, str, int | None], ...]:
        """(anchor, title, count) of every part."""
        blind = len(self.unseen.causes) + len(self.unseen.areas) + total(self.undecided)
        changed = [] if self.changes is None else [("changes", "Since the last audit", self.changes.count)]
        return (
            *changed,
            ("systems", "Systems", self.systems.restorable.total),
            ("findings", "Findings", total(self.groups)),
            *([("waived", "Waived", total(self.leaving))] if self.waivers else []),
            ("storage", "Storage", len(self.pictures.drawn) + len(self.pictures.others)),
            ("unseen", "Not examined", blind),
            ("passed", "Passed checks", sum(one.count for one in self.passed)),
            ("collection", "Collection", None),
            ("method", "Method and words", None),
        )


def page(
    judgement: Judgement,
    manifest: Mapping[str, Any],
    excerpt: Excerpt,
    brand: str = "",
    *,
    paper: bool = False,
) -> Page:
    """The report of a judgement. *manifest*: the bundle's; *excerpt*: the raw answer around a source.

    *paper*: less of it, since nothing folds up there.
    """
    allowance = Allowance(excerpt, BYTES_ON_PAPER if paper else BYTES_OF_EVIDENCE)
    most = ROWS_ON_PAPER if paper else ROWS
    first = headline(judgement)
    failed = groups(judgement, ("fail",), allowance, most)
    return Page(
        brand=brand,
        headline=first,
        systems=systems(judgement, written=failed, argued=ARGUED_ON_PAPER if paper else SYSTEMS),
        fates=fates(judgement),
        timeline=timeline(judgement),
        gauge=gauge(first.number, first.low, first.high),
        losses=losses(judgement),
        worst=worst(failed),
        unseen=unseen(judgement),
        pictures=pictures(judgement),
        charts=charts(judgement),
        groups=failed,
        undecided=groups(judgement, ("error", "unknown"), allowance, most // 5),
        leaving=groups(judgement, ("waived",), allowance, most // 5),
        waivers=waived(judgement),
        overdue=overdue(judgement),
        passed=passed(judgement),
        collection=collection(manifest, judgement, most=TARGETS_ON_PAPER if paper else TARGETS_SHOWN),
        changes=None if judgement.changes is None else compared(judgement.changes, judgement.rules),
    )
