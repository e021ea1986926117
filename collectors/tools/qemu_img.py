"""Image files of guests: qemu-img info (whole chains) and qemu-img check, in JSON and in text."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from collectors.collector import reader
from collectors.fact import At, Missing, Reading
from collectors.hypervisor_tables import DiskImage
from collectors.qemu_image_rows import NOT_OPENED, check_in_text, check_of, images_in_text, images_of
from collectors.question import Answer, Form
from collectors.table import Row

# -U: a running guest holds the lock of its images. -f: what a guest wrote into a raw image must not be
# taken for a header that names other files.
IMAGE_CHAIN = Form(
    ("qemu-img", "info", "--backing-chain", "--output=json", "-U", "-f", "{format}", "{path}"),
    reads="qemu-img-info",
    why="Images of a guest's disk: the chain it builds on, space, damage",
    right="root",
)
IMAGE_ALONE = Form(
    ("qemu-img", "info", "--output=json", "-U", "-f", "{format}", "{path}"),
    reads="qemu-img-info",
    why="One image of a chain that cannot be followed to its end",
    right="root",
)
SAVED = "saved image"


def recognises(text: str) -> float:
    head = text[:20000]
    if '"virtual-size"' in head and '"filename"' in head and '"format"' in head:
        return 0.95
    return 0.9 if re.search(r"^image: .+\n(?:.+\n)?(?:.+\n)?virtual size: ", head, re.MULTILINE) else 0.0


@reader("qemu-img-info", fills=(DiskImage,), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """images and what they build on as qemu-img info tells them"""
    asked = _asked(answer)
    rows = list(_rows(answer.text))
    yield from rows
    for told in _not_opened(answer):
        yield from _broken(asked, *told)
    if not rows and not any(True for _ in _not_opened(answer)):
        yield Missing(DiskImage, "failed", answer.complaint or "qemu-img told nothing", asked or "")


def _asked(answer: Answer) -> str | None:
    """The image that the question was about, if it was one of ours."""
    last = answer.question.argv[-1]
    return last if answer.question.argv[0] == "qemu-img" and last.startswith("/") else None


def _rows(text: str) -> Iterator[At[Row]]:
    documents = list(json_documents(text))
    for number, told in enumerate(documents):
        chain = told if isinstance(told, list) else [told]
        chain = [one for one in chain if isinstance(one, Mapping) and "virtual-size" in one]
        for place, row in enumerate(images_of(chain)):
            yield At(row, f"[{number}][{place}]" if len(documents) > 1 else f"[{place}]")
    if not documents:
        for row, line in images_in_text(text):
            yield At(row, f"line {line}")


def json_documents(text: str) -> Iterator[Any]:
    """Every JSON value that begins a line, one after the other. Raises ValueError where one is cut off."""
    decoder, place = json.JSONDecoder(), 0
    for begin in re.finditer(r"^[\[{]", text, re.MULTILINE):
        if begin.start() >= place:
            told, place = decoder.raw_decode(text, begin.start())
            yield told


def _not_opened(answer: Answer) -> Iterator[tuple[str, str]]:
    """Path and reason of the first image that could not be opened."""
    said = answer.stderr.decode("utf-8", "replace") + ("" if answer.status == 0 else answer.text)
    for line in said.splitlines():
        if line.startswith("qemu-img: ") and (match := NOT_OPENED.search(line)):
            yield match["path"], match["why"].strip()
            return


def _broken(asked: str | None, path: str, why: str) -> Iterator[Reading]:
    if why == "No such file or directory":
        yield DiskImage(path=asked or path, missing=path)
    elif "not in" in why and why.endswith("format"):
        yield DiskImage(path=path, corrupt=True)
        if asked not in (None, path):
            yield Missing(DiskImage, "failed", f"{path}: {why}", asked or path)
    else:
        yield Missing(
            DiskImage, "denied" if "ermission" in why else "failed", f"{path}: {why}", asked or path
        )


def _recognises_check(text: str) -> float:
    if '"check-errors"' in text[:20000] and '"filename"' in text[:20000]:
        return 0.9 if '"virtual-size"' not in text[:20000] else 0.5
    return 0.9 if re.search(r"(?:were|was) found on the image\.", text[:20000]) else 0.0


@reader("qemu-img-check", fills=(DiskImage,), recognises=_recognises_check)
def read_check(answer: Answer) -> Iterator[Reading]:
    """errors and leaks as qemu-img check finds them"""
    found = [one for one in json_documents(answer.text) if isinstance(one, Mapping) and "check-errors" in one]
    for one in found:
        row = check_of(one)
        yield dataclasses.replace(row, path=_asked(answer) or row.path)
        if row.corruptions is None:
            yield Missing(DiskImage, "failed", "the check itself met errors", row.path)
    if found:
        return
    row_of_text = check_in_text(answer.text, _asked(answer) or SAVED)
    if row_of_text is not None:
        yield row_of_text
    else:
        yield Missing(DiskImage, "failed", answer.complaint or "qemu-img check told nothing")
