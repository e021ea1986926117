"""apcupsd: what apcaccess(8) tells of an APC supply."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from collectors.collector import reader
from collectors.fact import At, Missing, Reading
from collectors.plain_text import numbered_lines
from collectors.power_tables import Ups
from collectors.question import Answer, Form

STATUS = Form(
    ("apcaccess", "status"), reads="apcaccess", why="Battery, load, runtime and self-test of an APC UPS"
)

_WORDS = {
    "ONLINE": "OL",
    "ONBATT": "OB",
    "LOWBATT": "LB",
    "REPLACEBATT": "RB",
    "OVERLOAD": "OVER",
    "COMMLOST": "COMMLOST",
    "NOBATT": "NOBATT",
    "BOOST": "BOOST",
    "TRIM": "TRIM",
    "CAL": "CAL",
    "SHUTTING": "FSD",
}
"""Status words of apcupsd → flags of NUT."""

_LINE = re.compile(r"([A-Z][A-Z0-9 ]{1,9}?)\s*: ?(.*)")


def recognises(text: str) -> float:
    return 0.95 if re.search(r"^(?:> ?)?APC {6}: \d+,", text, re.MULTILINE) or "UPSNAME  :" in text else 0.0


@reader("apcaccess", fills=(Ups,), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """battery, load, runtime and self-test of an APC supply as apcaccess tells them"""
    told: dict[str, str] = {}
    first = 0
    for number, line in numbered_lines(answer.text):
        if found := _LINE.fullmatch(line.strip()):
            told.setdefault(found[1].strip(), found[2].strip())
            first = first or number
    if "STATUS" not in told and re.search(r"[Ee]rror contacting|Connection refused", answer.complaint):
        yield Ups(name="ups", software="apcupsd", status="COMMLOST")  # nobody is told of a power cut
        return
    if "STATUS" not in told:
        yield Missing(Ups, "failed" if answer.complaint else "empty", answer.complaint or "no status is told")
        return
    status = [_WORDS[word] for word in told["STATUS"].split() if word in _WORDS]
    yield At(
        Ups(
            name=told.get("UPSNAME") or "ups",
            software="apcupsd",
            status=" ".join(status),
            model=told.get("MODEL") or told.get("APCMODEL") or None,
            serial=told.get("SERIALNO") or None,
            charge_percent=_number(told.get("BCHARGE"), "Percent"),
            runtime_seconds=_seconds(told.get("TIMELEFT")),
            low_runtime_seconds=_seconds(told.get("MINTIMEL")),
            load_percent=_number(told.get("LOADPCT"), "Percent"),
            battery_date=told.get("BATTDATE") or None,
            battery_at=_time(told.get("BATTDATE")),
            test_result=_test(told.get("SELFTEST")),
            test_at=_time(told.get("LASTSTEST")),
            input_volts=_number(told.get("LINEV"), "Volts"),
        ),
        f"line {first}",
    )


def _test(word: str | None) -> str | None:
    """NO: none has run; OK: passed; BT: battery capacity; NG: failed; ??: not known."""
    return None if not word or word == "??" else {"NO": "none", "OK": "passed"}.get(word, f"failed ({word})")


def _number(word: str | None, unit: str) -> float | None:
    found = re.fullmatch(rf"(-?\d{{1,9}}(?:\.\d{{1,9}})?)(?: {unit}.*)?", word or "")
    return float(found[1]) if found else None


def _seconds(word: str | None) -> int | None:
    found = re.fullmatch(r"(\d{1,7}(?:\.\d{1,3})?) (Minutes|Seconds)", word or "")
    return round(float(found[1]) * (60 if found[2] == "Minutes" else 1)) if found else None


def _time(word: str | None) -> datetime | None:
    text = re.sub(r" [+-]\d{4}$", "", (word or "").strip())
    for shape in ("%Y-%m-%d", "%m/%d/%y", "%m/%d/%Y", "%Y-%m-%d %H:%M:%S"):
        try:
            at = datetime.strptime(text, shape).replace(tzinfo=UTC)
        except ValueError:
            continue
        return at if at.year >= 2000 else None
    return None
