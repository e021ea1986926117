"""Aliases for names and identifiers: the same for the same thing, in every answer and every audit of a site.

Identifiers (serial numbers, WWNs, UUIDs, MAC addresses) keep their length, their alphabet and which of them
begin alike, which is what rules look at; the maker's part of a WWN stays. Names become `machine1`, `guest2` …
Nothing can be undone without the map, which holds the key.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

VERSION = 1
_ALPHABETS = ("0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_HEX = ("0123456789abcdef", "0123456789ABCDEF")


@dataclass(slots=True)
class Aliases:
    """The map. *names*: kind → real name in lower case → alias; *identifiers*: real → alias."""

    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    names: dict[str, dict[str, str]] = field(default_factory=dict)
    identifiers: dict[str, str] = field(default_factory=dict)
    _taken: dict[str, str] = field(default_factory=dict)

    def name(self, kind: str, real: str) -> str:
        """The alias of a name; a name that is known under another kind keeps its alias."""
        low = real.lower()
        if low not in self._taken:
            mine = self.names.setdefault(kind, {})
            self._taken[low] = mine[low] = f"{kind}{len(mine) + 1}"
        return self._taken[low]

    def known(self, real: str) -> str | None:
        """The alias of a name that has one."""
        return self._taken.get(real.lower())

    def identifier(self, real: str, *, keep: int = 0, hexadecimal: bool = False) -> str:
        """The alias of a serial number or address; the first *keep* characters stay as they are."""
        alias = self._shifted(real, keep, hexadecimal)
        self.identifiers[real] = alias
        return alias

    def _shifted(self, real: str, keep: int, hexadecimal: bool) -> str:
        told = [real[:keep]]
        for place in range(keep, len(real)):
            letter = real[place]
            sets = _HEX if hexadecimal else _ALPHABETS
            alphabet = next((one for one in sets if letter in one), "")
            if hexadecimal:
                before = real[:place].lower()
                alphabet = alphabet if letter.isdigit() or letter.islower() else _HEX[1]
            else:
                before = real[:place]
            if alphabet:
                spin = hmac.digest(self.key, before.encode("utf-8", "replace"), hashlib.sha256)[0]
                letter = alphabet[(alphabet.index(letter) + spin) % len(alphabet)]
            told.append(letter)
        return "".join(told)

    def dumps(self) -> str:
        """The map as JSON."""
        told = {
            "format": "holdwater-aliases",
            "version": VERSION,
            "warning": "private: whoever has this file can undo the aliases",
            "key": self.key.hex(),
            "names": self.names,
            "identifiers": dict(sorted(self.identifiers.items())),
        }
        return json.dumps(told, indent=1, ensure_ascii=True)


def loads(text: str) -> Aliases:
    """The map of JSON. Raises ValueError if it is none of ours."""
    told: Any = json.loads(text)
    try:
        if told["format"] != "holdwater-aliases" or told["version"] != VERSION:
            raise ValueError("not a map of aliases of this version")
        names = {str(kind): {str(k): str(v) for k, v in mine.items()} for kind, mine in told["names"].items()}
        identifiers = {str(k): str(v) for k, v in told["identifiers"].items()}
        read = Aliases(bytes.fromhex(told["key"]), names, identifiers)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a map of aliases: {error}") from error
    for mine in names.values():
        read._taken.update(mine)
    return read
