"""Options that several commands share, and how a command finds the bundle it is about."""

from __future__ import annotations

import os
from collections.abc import Callable, Container
from pathlib import Path
from typing import Any, TypeVar

import click

from holdwater.errors import CannotRun

F = TypeVar("F", bound=Callable[..., Any])

SEVERITIES = ("critical", "high", "medium", "low", "info", "never")
SUFFIX = ".evidence.zip"


def config(command: F) -> F:
    """`--config site.toml`."""
    kind = click.Path(exists=True, dir_okay=False, path_type=Path)
    return click.option("-c", "--config", type=kind, help="Site file; default: site.toml here, if any.")(
        command
    )


def as_json(command: F) -> F:
    """`--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")(command)


def fail_on(command: F) -> F:
    """`--fail-on SEVERITY`."""
    return click.option(
        "--fail-on",
        type=click.Choice(SEVERITIES),
        default="high",
        show_default=True,
        help="Exit 1 if a finding is at least this bad.",
    )(command)


def language(command: F) -> F:
    """`--language de`."""
    return click.option(
        "--language", metavar="NAME", help="en, de, or the path of a .po file; default: from site.toml."
    )(command)


def probe(command: F) -> F:
    """`--probe`."""
    return click.option(
        "--probe",
        is_flag=True,
        help="Try ports of backup and management systems on the targets; `plan --probe` lists them.",
    )(command)


def salvage(command: F) -> F:
    """`--salvage`."""
    return click.option(
        "--salvage", is_flag=True, help="Read what is intact of a damaged bundle; the rest becomes gaps."
    )(command)


def anonymise(command: F) -> F:
    """`--anonymise`."""
    return click.option(
        "--anonymise",
        is_flag=True,
        help="Aliases for names, addresses, serial numbers; the map stays beside the bundle, for you alone.",
    )(command)


def no_history(command: F) -> F:
    """`--no-history`."""
    return click.option(
        "--no-history", is_flag=True, help="Do not look at earlier bundles of the site beside this one."
    )(command)


def of_store(command: F) -> F:
    """`--site NAME` and `--audit NAME`: what of the store is asked."""
    command = click.option("--site", help="Only this site.")(command)
    about = "As of this audit: the beginning of its date or name; default: the newest."
    return click.option("--audit", metavar="DATE", help=about)(command)


def answer_format(command: F) -> F:
    """`--format FORMAT`, and `--json` for short."""
    formats = click.Choice(("table", "csv", "json", "ndjson", "markdown"))
    command = click.option("--json", "format", flag_value="json", help="Print JSON.")(command)
    about = "How to print the answer."
    return click.option("-f", "--format", "format", type=formats, default="table", help=about)(command)


def audits_folder() -> Path:
    """Where audits are kept: `$HOLDWATER_AUDITS`, else `audits` here."""
    return Path(os.environ.get("HOLDWATER_AUDITS") or "audits")


def store_folder(folder: Path | None = None) -> Path:
    """Where the store is: `$HOLDWATER_STORE`, else `store` in *folder*, by default that of the audits."""
    named = os.environ.get("HOLDWATER_STORE")
    return Path(named) if named else (folder or audits_folder()) / "store"


def latest(folder: Path) -> Path:
    """The newest bundle of a folder. Raises CannotRun if there is none."""
    bundles = sorted(folder.glob(f"*{SUFFIX}"), key=lambda path: (path.stat().st_mtime, path.name))
    if not bundles:
        raise CannotRun(f"no audit in {folder}/; run `holdwater audit` first, or name a bundle")
    return bundles[-1]


def earlier(bundle: Path, site: str, *, most: int = 60, but: Container[str] = ()) -> list[Path]:
    """Whole bundles of the same site beside *bundle* that were collected before it, newest *most* of them.

    *but*: beginnings of hashes of bundles that are known already, as `bundle_digest` tells them.
    """
    from collectors.bundle import Bundle, BundleError
    from holdwater.store.layout import bundle_digest

    found = []
    with Bundle(bundle) as this:
        at = this.at
    for path in bundle.parent.glob(f"*{SUFFIX}"):
        if path.resolve() == bundle.resolve() or (but and bundle_digest(path)[:12] in but):
            continue
        try:
            with Bundle(path) as other:
                if other.site == site and other.at < at:
                    found.append((other.at, path))
        except BundleError:
            continue
    return [path for _, path in sorted(found)[-most:]]


def exit_status(counts: dict[str, int], fail_on_severity: str) -> int:
    """1 if there is a fault at least as bad as *fail_on_severity*, else 0."""
    if fail_on_severity == "never":
        return 0
    bad = SEVERITIES[: SEVERITIES.index(fail_on_severity) + 1]
    return 1 if any(counts.get(severity, 0) for severity in bad) else 0
