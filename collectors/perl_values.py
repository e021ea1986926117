"""Values that Perl's Data::Dumper writes: hashes, lists, strings, numbers and undef. Nothing is run."""

from __future__ import annotations

import re
from typing import Any

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?P<sign>=>|[{}()\[\],;])|(?P<word>-?[\w.]+))""",
    re.DOTALL,
)
_CLOSING = {"{": "}", "(": ")", "[": "]"}
DEEPEST = 40


def hash_named(text: str, name: str) -> dict[str, Any]:
    """The hash that is assigned to *name* (`%Status = (…)`). Raises LookupError and ValueError."""
    begin = re.search(rf"%{re.escape(name)}\s*=\s*(?=\()", text)
    if begin is None:
        raise LookupError(f"%{name} is not told")
    value, _ = _value(text, begin.end(), 0)
    if not isinstance(value, dict):
        raise ValueError(f"%{name} is no hash")
    return value


def _value(text: str, at: int, depth: int) -> tuple[Any, int]:
    """The value that begins there, and where it ends."""
    token = _token(text, at)
    if (sign := token["sign"]) in _CLOSING:
        return _listed(text, token.end(), _CLOSING[sign], sign == "[", depth + 1)
    if (quoted := token["text"]) is not None:
        return re.sub(r"\\(.)", r"\1", quoted[1:-1], flags=re.DOTALL), token.end()
    if (word := token["word"]) is None:
        raise ValueError(f"a value was expected, not {sign}")
    if word == "undef":
        return None, token.end()
    number = re.fullmatch(r"-?\d{1,18}(\.\d{1,18})?", word)
    return (float(word) if number[1] else int(word)) if number else word, token.end()


def _listed(text: str, at: int, closing: str, plain: bool, depth: int) -> tuple[Any, int]:
    """A list, or a hash of its pairs."""
    if depth > DEEPEST:
        raise ValueError("values are nested too deeply")
    found: list[Any] = []
    while True:
        token = _token(text, at)
        if token["sign"] == closing:
            break
        if token["sign"] in (",", "=>"):
            at = token.end()
            continue
        one, at = _value(text, at, depth)
        found.append(one)
    if plain:
        return found, token.end()
    return {str(key): value for key, value in zip(found[::2], found[1::2], strict=False)}, token.end()


def _token(text: str, at: int) -> re.Match[str]:
    token = _TOKEN.match(text, at)
    if token is None:
        raise ValueError("values of Perl end in the middle, or are none")
    return token
