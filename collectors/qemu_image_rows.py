"""Rows out of what qemu-img tells of images, in JSON and in text (qemu-img(1), qapi/block-core.json)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from collectors.hypervisor_tables import DiskImage
from collectors.hypervisor_words import count, mappings, truth, word
from collectors.plain_text import numbered_lines, whole_number

NOT_OPENED = re.compile(r"Could not open '(?P<path>.*?)': .*?(?P<why>[^:]+?)\s*$")
_EXACT = re.compile(r"\((\d{1,20}) bytes\)")
_ACTUAL = re.compile(r"(?P<written>.*?) \(actual path: (?P<actual>.*)\)")
_SIZE = re.compile(r"([\d.]{1,20}) ?([KMGTPE]?)i?B?")
_CHECKED = (
    ("corruptions", re.compile(r"(\d{1,18}) errors? (?:was|were) found on the image")),
    ("leaks", re.compile(r"(\d{1,18}) leaked clusters? (?:was|were) found on the image")),
)


def images_of(told: Sequence[Mapping[str, Any]]) -> Iterator[DiskImage]:
    """An image and those below it, as a chain; one alone does not tell whether the next is there.

    Raises LookupError for what is no description of an image.
    """
    for place, one in enumerate(told):
        path, backing = str(one["filename"]), word(one.get("backing-filename"))
        specific = one.get("format-specific")
        data = specific.get("data") if isinstance(specific, Mapping) else None
        inside = mappings(one.get("snapshots"))
        yield DiskImage(
            path=path,
            format=word(one.get("format")),
            size_bytes=count(one.get("virtual-size")),
            used_bytes=count(one.get("actual-size")),
            backing=backing,
            backing_path=resolved(path, backing, word(one.get("full-backing-filename"))),
            backing_found=True if backing and place + 1 < len(told) else None,
            backing_format=word(one.get("backing-filename-format")),
            dirty=truth(one.get("dirty-flag")),
            corrupt=truth(data.get("corrupt")) if isinstance(data, Mapping) else None,
            internal_snapshots=len(inside),
        )


def resolved(path: str, backing: str | None, full: str | None = None) -> str | None:
    """Where the image below should be: a relative name counts from the folder of the one above."""
    if not backing:
        return None
    if full:
        return full
    if backing.startswith("/") or ":" in backing.split("/")[0]:
        return backing
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), backing))


def images_in_text(text: str) -> Iterator[tuple[DiskImage, int]]:
    """The images of `qemu-img info` in text, with the line where each begins."""
    told: dict[str, str] = {}
    line_of, inside, listing = 0, 0, False
    for number, line in numbered_lines(text):
        name, colon, value = line.strip().partition(":")
        if name == "image" and colon:
            if told:
                yield _image(told, inside), line_of
            told, line_of, inside, listing = {"image": value.strip()}, number, 0, False
        elif line.startswith("Snapshot list:"):
            listing = True
        elif listing and re.match(r"\d+\s", line):
            inside += 1
        elif told and colon:
            listing = listing and line.startswith((" ", "ID"))
            told.setdefault(name, value.strip())
    if told:
        yield _image(told, inside), line_of


def _image(told: Mapping[str, str], inside: int) -> DiskImage:
    path, backing, full = told["image"], told.get("backing file"), None
    if backing and (match := _ACTUAL.fullmatch(backing)):
        backing, full = match["written"], match["actual"]
    exact = _EXACT.search(told.get("virtual size", ""))
    clean = told.get("cleanly shut down")
    return DiskImage(
        path=path,
        format=told.get("file format"),
        size_bytes=int(exact[1]) if exact else None,
        used_bytes=_rounded(told.get("disk size", "")),
        backing=backing,
        backing_path=resolved(path, backing, full),
        backing_format=told.get("backing file format"),
        dirty={"no": True, "yes": False}.get(clean) if clean else None,
        corrupt=truth(told.get("corrupt")),
        internal_snapshots=inside,
    )


def _rounded(said: str) -> int | None:
    """8.26 MiB, 196K: as good as it is printed."""
    match = _SIZE.fullmatch(said)
    if match is None or match[1].count(".") > 1 or match[1] == ".":
        return None
    unit: int = 1024 ** ("KMGTPE".find(match[2]) + 1) if match[2] else 1
    return round(float(match[1]) * unit)


def check_of(told: Mapping[str, Any]) -> DiskImage:
    """The result of `qemu-img check` in JSON; errors of the check itself leave the corruptions unknown."""
    errors = count(told.get("check-errors"))
    corruptions = count(told.get("corruptions"))
    if corruptions is None and errors == 0:
        corruptions = 0
    leaks = count(told.get("leaks"))
    return DiskImage(
        path=str(told["filename"]),
        format=word(told.get("format")),
        corruptions=corruptions,
        leaks=leaks if leaks is not None or errors else 0,
    )


def check_in_text(text: str, path: str) -> DiskImage | None:
    """The result of `qemu-img check` in text, which does not name the image; None if it is none."""
    found = {name: match for name, pattern in _CHECKED if (match := pattern.search(text))}
    if not found and "No errors were found on the image" not in text:
        return None
    numbers = {name: whole_number(match[1]) for name, match in found.items()}
    return DiskImage(
        path=path, corruptions=numbers.get("corruptions", 0) or 0, leaks=numbers.get("leaks", 0) or 0
    )
