"""The mail of 100, 1,000 and 10,000 systems: time to make, and size, which may not grow with the site."""

from __future__ import annotations

from itertools import pairwise

from benchmarks.timing import seconds, verdict
from reports.language import words
from reports.mail import LARGEST, letter
from reports.management import management
from tests.site_factory import build

SYSTEMS = (100, 1_000, 10_000)
FINDINGS_EACH = 3


def run() -> None:
    """Print milliseconds and bytes for each number of systems, and how time grows."""
    took: list[float] = []
    for count in SYSTEMS:
        made = build(hosts=count, findings=FINDINGS_EACH * count, passes=count, disks=4, unread=count)
        german = words("de")
        page = management(made.judgement, german)
        told = letter(page)
        took.append(
            seconds(lambda made=made, german=german: letter(management(made.judgement, german)), times=3)
        )
        largest = max(len(told.html.encode()), len(told.text.encode()))
        print(f"mail of {count:,} systems: {took[-1] * 1000:.0f} ms, HTML {len(told.html.encode()):,} bytes")
        verdict("bytes of the larger body", largest, f"< {LARGEST:,}", largest < LARGEST)
    for before, after in pairwise(took):
        verdict("times as long for ten times the systems", after / before, "<= 15", after / before <= 15)
