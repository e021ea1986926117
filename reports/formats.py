"""Every format a judged audit can be told in; the command line chooses by name or suffix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from reports.material import Material


@dataclass(frozen=True, slots=True)
class Format:
    """*suffixes*: of files in this format, the first one is given; *write*: the whole file."""

    name: str
    suffixes: tuple[str, ...]
    about: str
    write: Callable[[Material], bytes]


class NotInstalled(Exception):
    """A format needs a library that is not there; the message says how to install it."""


def _html(material: Material) -> bytes:
    from reports import html

    return html.of(material).encode()


def _pdf(material: Material) -> bytes:
    from reports.exports import pdf

    return pdf.write(material)


def _csv(material: Material) -> bytes:
    from reports.exports import finding_rows
    from reports.table_text import csv_text

    rows = [one.told() for one in finding_rows.rows(material.judgement)]
    return csv_text(rows, names=finding_rows.NAMES).encode()


def _xlsx(material: Material) -> bytes:
    from reports.exports import xlsx

    return xlsx.write(material.judgement)


def _json(material: Material) -> bytes:
    from reports import json

    return json.dumps(json.judgement(material.judgement)).encode("utf-8", "backslashreplace") + b"\n"


def _markdown(material: Material) -> bytes:
    from reports.exports import markdown

    return markdown.write(material).encode()


def _sarif(material: Material) -> bytes:
    from reports.exports import sarif

    return sarif.write(material).encode()


def _prometheus(material: Material) -> bytes:
    from reports.exports import prometheus

    return prometheus.write(material.judgement).encode()


def _nagios(material: Material) -> bytes:
    from reports.exports import nagios

    return nagios.check(material.judgement).line.encode() + b"\n"


FORMATS: Mapping[str, Format] = {
    one.name: one
    for one in (
        Format("html", (".html", ".htm"), "the technical report: one page, offline", _html),
        Format("pdf", (".pdf",), "the technical report on paper", _pdf),
        Format("csv", (".csv",), "findings, a line each", _csv),
        Format("xlsx", (".xlsx",), "findings, gaps and every table, a sheet each", _xlsx),
        Format("json", (".json",), "the whole judgement", _json),
        Format("markdown", (".md", ".markdown"), "findings as text for tickets and wikis", _markdown),
        Format("sarif", (".sarif", ".sarif.json"), "findings for code-scanning viewers", _sarif),
        Format("prometheus", (".prom",), "metrics for node_exporter's textfile collector", _prometheus),
        Format("nagios", (".nagios",), "one line and a status for Nagios, Icinga, Checkmk", _nagios),
    )
}


def by_suffix(path: Path) -> Format | None:
    """The format that a file's name asks for, the longest suffix first; None if there is none."""
    name = path.name.lower()
    ends = sorted(((s, one) for one in FORMATS.values() for s in one.suffixes), key=lambda e: -len(e[0]))
    return next((one for suffix, one in ends if name.endswith(suffix)), None)
