"""How often rules about drives alarm: on ordinary drives, and on a fleet with its failures.

    HOLDWATER_CORPUS=… python -m benchmarks.smart_population

`bsdhw_population_shared.tsv.gz`: 22,094 reports of ordinary drives (bsdhw/SMART, CC-BY-4.0): false alarms, at
most, since some of these drives are sick. `hds_shared.csv.gz`: 52,220 drives of Backblaze's fleet 2013–2016,
3,222 of which failed: what a single reading warned of, before the failure and on drives that lived on.
"""

from __future__ import annotations

import csv
import gzip
import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from analyzer.derived.drive_counter import DriveCounter
from analyzer.engine import every_rule
from analyzer.site import Site
from analyzer.verdict import SEVERITIES, Fail, rank
from collectors.drive_tables import Drive, DriveAttribute
from collectors.fact import Fact
from collectors.smart_counts import count_of

ROOT = Path(__file__).resolve().parents[1]
CORPUS = Path(os.environ.get("HOLDWATER_CORPUS", ROOT.parent / "shared" / "corpus")) / "_derived"
AT = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = {
    1: "Raw_Read_Error_Rate",
    5: "Reallocated_Sector_Ct",
    7: "Seek_Error_Rate",
    10: "Spin_Retry_Count",
    184: "End-to-End_Error",
    187: "Reported_Uncorrect",
    188: "Command_Timeout",
    189: "High_Fly_Writes",
    196: "Reallocated_Event_Count",
    197: "Current_Pending_Sector",
    198: "Offline_Uncorrectable",
    199: "UDMA_CRC_Error_Count",
}
"""Names of the drive database's default entry. On solid-state drives 183 has no name to trust: left out."""

Alarms = dict[str, str]
"""Rule → severity."""


def alarms(drive: str, model: str, spinning: bool, raws: Mapping[int, int]) -> Alarms:
    """What the rules about counters say of one reading of one drive."""
    told = Drive(
        drive=drive, device="/dev/sdx", model=model, rotation_rpm=7200 if spinning else 0, protocol="ATA"
    )
    site = Site(name="population", at=AT)
    site.tables = {Drive: [Fact("one", told)], DriveAttribute: []}
    for number, raw in raws.items():
        row = DriveAttribute(
            drive=drive,
            device="/dev/sdx",
            id=number,
            name=NAMES[number],
            raw=raw,
            count=count_of(number, NAMES[number], raw, None, model),
        )
        site.tables[DriveAttribute].append(Fact("one", row))
    found: Alarms = {}
    for rule in RULES:
        for fact in site.facts(DriveCounter):
            verdict = rule.judge(fact.row)
            if isinstance(verdict, Fail):
                found[rule.id] = verdict.severity or rule.severity
    return found


RULES = [rule for rule in every_rule().values() if rule.on is DriveCounter]


def whole(said: str) -> int | None:
    try:
        return int(float(said))
    except ValueError:
        return None


def ordinary() -> Iterator[tuple[str, Alarms]]:
    with gzip.open(CORPUS / "bsdhw_population_shared.tsv.gz", "rt", newline="") as table:
        for row in csv.DictReader(table, delimiter="\t"):
            if row["type"] in ("HDD", "SSD"):
                raws = {n: raw for n in NAMES if (raw := whole(row.get(f"raw{n}") or "")) is not None}
                model = f"{row['vendor']} {row['model']}"
                yield row["type"], alarms(row["drive"], model, row["type"] == "HDD", raws)


def fleet() -> Iterator[tuple[bool, Alarms]]:
    """Each drive's worst alarm over its readings, and whether it failed in the end."""
    drives: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    with gzip.open(CORPUS / "hds_shared.csv.gz", "rt", newline="") as table:
        for row in csv.DictReader(table):
            drives[row["serial_number"]].append(row)
    for serial, rows in drives.items():
        worst: Alarms = {}
        for row in {tuple(r[f"smart_{n}"] for n in FLEET): r for r in rows}.values():
            raws = {n: raw for n in FLEET if (raw := whole(row[f"smart_{n}"] or "")) is not None}
            for rule, severity in alarms(serial, row["model"], True, raws).items():
                worst[rule] = max(worst.get(rule, "info"), severity, key=SEVERITIES.index)
        yield any(row["fails"] == "1.0" for row in rows), worst


FLEET = (5, 10, 187, 188, 189, 196, 197, 198)


def print_table(title: str, groups: Mapping[str, Sequence[Alarms]]) -> None:
    print(f"\n{title}")
    rules = sorted({rule for group in groups.values() for one in group for rule in one})
    for name, group in groups.items():
        print(f"\n  {name}: {len(group)} drives")
        for rule in rules:
            by = Counter(one[rule] for one in group if rule in one)
            shares = "  ".join(f"{s} {by[s] / len(group):6.2%}" for s in SEVERITIES if by[s])
            print(f"    {rule:32} {by.total() / len(group):7.2%}   {shares}")
        for least in ("low", "medium", "high", "critical"):
            hit = sum(any(rank(s) >= rank(least) for s in one.values()) for one in group)
            print(f"    {'any rule, at least ' + least:32} {hit / len(group):7.2%}")


def main() -> None:
    by_type: dict[str, list[Alarms]] = defaultdict(list)
    for kind, found in ordinary():
        by_type[kind].append(found)
    print_table("Ordinary drives (one reading each)", by_type)
    by_fate: dict[str, list[Alarms]] = {"failed": [], "lived on": []}
    for failed, found in fleet():
        by_fate["failed" if failed else "lived on"].append(found)
    print_table("A fleet over three years (worst reading of each drive, no growth)", by_fate)
    for least in ("low", "medium", "high", "critical"):
        hits = {
            fate: sum(any(rank(s) >= rank(least) for s in one.values()) for one in group)
            for fate, group in by_fate.items()
        }
        warned = sum(hits.values())
        print(
            f"  at least {least}: recall {hits['failed'] / len(by_fate['failed']):.1%}, "
            f"false alarms {hits['lived on'] / len(by_fate['lived on']):.1%}, "
            f"precision {hits['failed'] / warned if warned else 0:.1%}"
        )


if __name__ == "__main__":
    main()
