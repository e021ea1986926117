"""What nobody has declared, what no copy holds, and which copies belong to nobody."""

from __future__ import annotations

from typing import Any

from analyzer.derived.asset import System
from analyzer.derived.backup_stranger import BackupStranger
from analyzer.derived.protection import Protection
from analyzer.derived.volume_coverage import VolumeCoverage
from analyzer.engine import Judgement
from reports.text import many, one_line

WANTED = {
    "mail": "the mail platform",
    "saas": "cloud services and their data",
    "directory": "the directory",
    "network": "configuration of switches, firewalls and access points",
    "certificates": "certificates and their keys",
    "licences": "licence keys",
    "vault": "the password vault",
    "configuration": "configuration of hypervisors, telephony and other appliances",
}
"""Kinds of asset that no machine tells of."""


def coverage(judgement: Judgement) -> dict[str, list[dict[str, Any]]]:
    """By question, the answers as plain values."""
    site = judgement.site
    systems = [fact.row for fact in site.facts(System)]
    kinds = {row.kind for row in systems if row.declared} | {row.role for row in systems}
    return {
        "not_declared": [
            {"kind": kind, "what": what}
            for kind, what in WANTED.items()
            if kind not in kinds and not (kind == "directory" and "domain controller" in kinds)
        ],
        "without_copy": [
            {"system": row.label, "tier": row.tier, "standing": row.standing}
            for row in _protections(judgement)
            if not row.copies
        ],
        "left_out": [
            {
                "system": fact.row.asset,
                "what": fact.row.mountpoint,
                "held": fact.row.held,
                "parts": fact.row.parts,
            }
            for fact in site.facts(VolumeCoverage)
            if fact.row.held != "whole"
        ],
        "of_nobody": [
            {
                "source": fact.row.source_name or fact.row.source,
                "repository": fact.row.repository_name,
                "copies": fact.row.points,
                "may_be": fact.row.rivals,
            }
            for fact in site.facts(BackupStranger)
        ],
        "without_owner": [{"system": row.label, "kind": row.kind} for row in systems if not row.declared],
    }


def _protections(judgement: Judgement) -> list[Protection]:
    return sorted(
        (fact.row for fact in judgement.site.facts(Protection)), key=lambda row: (row.tier or 2, row.asset)
    )


_HEADINGS = {
    "not_declared": "Nobody has declared",
    "without_copy": "Systems of which no copy was seen",
    "left_out": "What the copies leave out",
    "of_nobody": "Copies that belong to no known system",
    "without_owner": "Systems that nobody has named in site.toml",
}


def text(judgement: Judgement, most: int = 40) -> str:
    """The same as text."""
    lines: list[str] = []
    for name, rows in coverage(judgement).items():
        lines += ["", f"{_HEADINGS[name]}: {many(len(rows), 'entry', 'entries') if rows else 'none'}"]
        for row in rows[:most]:
            told = ", ".join(
                f"{one_line(str(value), 80)}" for value in row.values() if value not in (None, "")
            )
            lines.append(f"  {told}")
        if len(rows) > most:
            lines.append(f"  and {len(rows) - most} more (--json lists all)")
    return "\n".join(lines).strip()
