"""Replaces what tells whose systems these are in raw answers: names, addresses, serial numbers, users.

A text is gone through token by token; a token that begins a known name is replaced by its alias, and what
looks like an address or an identifier is replaced wherever it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from ipaddress import IPv6Address

from collectors.alias_names import is_name, parts, pieces
from collectors.aliases import Aliases

_TOKEN = re.compile(rb"[A-Za-z0-9\x80-\xff]+")
_BLANKS = re.compile(rb" *")

_BEGIN, _END = rb"(?<![0-9A-Za-z])", rb"(?![0-9A-Za-z])"
_HEX4 = rb"[-:]([0-9a-fA-F]{4,8})"
_UUID = _BEGIN + rb"([0-9a-fA-F]{8})" + _HEX4 * 3 + rb"(?:-([0-9a-fA-F]{12}))?" + _END
_LONG = _BEGIN + rb"(?:[0-9a-fA-F]{64}|[0-9a-fA-F]{40}|[0-9a-fA-F]{32})" + _END
_WWN_MARK = rb"(0x|naa\.|eui\.|wwn:|wwn-0x|nvme-eui\.|nvme\.|t10\.)?"
_WWN = _BEGIN + _WWN_MARK + rb"([1-9a-fA-F][0-9a-fA-F]{15}(?:[0-9a-fA-F]{16})?)" + _END
_SPACED = _BEGIN + rb"([0-9a-f]) ([0-9a-f]{6}) ([0-9a-f]{9})" + _END
_EUI = _BEGIN + rb"([0-9a-f]{6}) ([0-9a-f]{10})" + _END
_JSON_WWN = rb'("oui"\s*:\s*)(\d+)(\s*,\s*"(id|ext_id)"\s*:\s*)(\d+)'
_MAC = rb"(?<![0-9A-Za-z:-])[0-9a-fA-F]{2}(?:[:-][0-9a-fA-F]{2}){5}(?![0-9A-Za-z:-])"
_OCTET = rb"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_IPV4 = rb"(?<![0-9A-Za-z.])(?:" + _OCTET + rb"\.){3}" + _OCTET + rb"(?![0-9A-Za-z]|\.\d)"
_IPV6 = rb"(?<![0-9A-Za-z:.])[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}(?:%\w+)?(?![0-9A-Za-z:])"
_MAIL = rb"(?<![\w.+-])([A-Za-z0-9][\w.+-]{0,63})@([A-Za-z0-9][A-Za-z0-9-]*(?:\.[A-Za-z0-9-]+)+)"
_ADDRESSED = re.compile(_MAIL)
_PRINT = rb"SHA256:[A-Za-z0-9+/]{40,44}"
_HOME = re.compile(rb"(?:/home/|/Users/|[A-Z]:\\+Users\\+|/export/home/)([A-Za-z0-9._-]{2,64})")
_LABELLED = re.compile(
    rb"(?:serial[ _-]?(?:number|no|num)?|\bsn)[\"' ]*[:=#][\"' ]*([a-z0-9][a-z0-9._-]{4,39})",
    re.IGNORECASE,
)
_PATH = re.compile(
    rb"(?<![\w.-])/(?:srv|mnt|media|export|exports|volumes?|vmfs/volumes|zpool|nas|share)/([^\s\"':,;<>|]{2,200})"
)
_REMOTE = re.compile(rb"(?:^|[\s\"'=])(?://)?([A-Za-z][A-Za-z0-9.-]{2,100}):?/[A-Za-z0-9._/-]+", re.MULTILINE)
_MAPPED = re.compile(rb"/dev/mapper/([A-Za-z0-9_.+-]+)")
_VERSIONS = re.compile(rb"(?:version|firmware|fw|driver|bios|rev|release)[\w .:=\"'-]{0,24}\Z", re.IGNORECASE)
WHOLE = ("machine", "guest", "person", "site", "domain")
"""Kinds of names that get one alias as a whole; others are replaced word by word."""
_UNITS = re.compile(rb"\.(?:timer|service|mount|socket|target|path|slice|scope|automount|swap|device)\Z")
_KEPT_ADDRESSES = (b"0.", b"127.", b"255.", b"224.", b"239.")


def candidates(raw: bytes) -> Iterable[tuple[str, str]]:
    """(kind, word) of users, machines, paths and serial numbers that stand in an answer in so many words."""
    for pattern, kind in ((_HOME, "person"), (_LABELLED, "identifier"), (_MAPPED, "name")):
        for found in pattern.finditer(raw):
            yield kind, found[1].decode()
    for found in _PATH.finditer(raw):
        yield from (("name", word) for word in parts(found[1].decode("utf-8", "replace")))
    for found in _REMOTE.finditer(raw):
        if found[0].lstrip(b" \t\"'=").startswith(b"//") or found[0].rstrip(b"/").count(b":/"):
            yield "machine", found[1].decode()
    for found in _ADDRESSED.finditer(raw):
        if not _UNITS.search(found[2]):
            yield "person", found[1].decode()
            yield "machine", found[2].decode()


class Anonymiser:
    """Learns names, then replaces them. *vocabulary*: lower-case words that are never names."""

    def __init__(self, aliases: Aliases, vocabulary: frozenset[str] = frozenset()) -> None:
        self.aliases = aliases
        self._vocabulary = vocabulary
        self._known: dict[bytes, bytes] = {}
        self._begins: dict[bytes, list[bytes]] = {}
        for mine in aliases.names.values():
            for real, alias in mine.items():
                self._know(real, alias)

    def learn(self, kind: str, word: str) -> None:
        """Take in a name or an identifier, if it is one."""
        if kind == "identifier":
            if len(word) >= 5 and any(map(str.isdigit, word)) and not re.fullmatch(r"0*[1-9]?0*|[-.]+", word):
                alias = self.aliases.identifier(word)
                self._know(word, alias, exact=True)
            return
        if _is_address(word):
            return
        whole = kind in WHOLE
        if whole and is_name(word, self._vocabulary):
            self._know(word, self.aliases.name(kind, word))
            if "." in word and kind == "machine":
                self.learn(kind, word.partition(".")[0])
        for piece in pieces(word):
            if piece != word and len(piece) > (3 if whole else 2) and is_name(piece, self._vocabulary):
                self._know(piece, self.aliases.name("name", piece))
            elif piece == word and not whole and is_name(word, self._vocabulary):
                self._know(word, self.aliases.name(kind, word))

    def _know(self, real: str, alias: str, *, exact: bool = False) -> None:
        for written in _ways(real):
            key = written if exact else written.lower()
            self._known[key] = alias.encode()
            first = _TOKEN.search(key)
            if first and first.start() == 0:
                ends = self._begins.setdefault(first[0].lower(), [])
                if key not in ends:
                    ends.append(key)
                    ends.sort(key=len, reverse=True)

    def text(self, told: str) -> str:
        """A text of ours: an address, a reason, a name."""
        return self.raw(told.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")

    def raw(self, raw: bytes) -> bytes:
        """An answer without names."""
        if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return self._wide(raw)
        raw = self._named(raw)
        for pattern, replace in _PATTERNS:
            raw = pattern.sub(lambda found, how=replace: how(self, found), raw)  # type: ignore[misc]  # a default binds it now
        return raw

    def _wide(self, raw: bytes) -> bytes:
        try:
            text = raw.decode("utf-16")
        except UnicodeError:
            return raw[:2]  # what cannot be read cannot be cleaned
        return raw[:2] + self.text(text).encode("utf-16-le" if raw[:1] == b"\xff" else "utf-16-be")

    def _named(self, raw: bytes) -> bytes:
        kept: list[bytes] = []
        at = 0
        for token in _TOKEN.finditer(raw):
            start = token.start()
            if start < at:
                continue
            for name in self._begins.get(token[0].lower(), ()):
                end = start + len(name)
                piece = raw[start:end]
                if piece != name and piece.lower() != name:
                    continue
                if raw[end : end + 1] and _TOKEN.match(raw, end):
                    continue
                if raw[start - 1 : start] == b'"' and re.match(rb'"\s*:', raw[end : end + 8]):
                    continue  # a key of JSON, not a value
                alias = self._known[name]
                kept += [raw[at:start], alias]
                at = _aligned(raw, end, len(alias) - len(name), kept)
                break
        kept.append(raw[at:])
        return b"".join(kept)

    def hexadecimal(self, digits: bytes, keep: int = 0) -> bytes:
        """The alias of a hexadecimal number, upper or lower case as it came."""
        told = self.aliases.identifier(digits.decode().lower(), keep=keep, hexadecimal=True).encode()
        return told.upper() if digits.upper() == digits and digits.lower() != digits else told


def _aligned(raw: bytes, end: int, longer: int, kept: list[bytes]) -> int:
    """Where to go on after a name, so that columns parted by several blanks stay where they are."""
    blanks = len(_BLANKS.match(raw, end)[0])  # type: ignore[index]  # matches nothing, too
    if blanks < 2:
        return end
    if longer < 0:
        kept.append(b" " * -longer)
        return end
    return end + min(longer, blanks - 1)


def _ways(real: str) -> Iterable[bytes]:
    """The name as tools write it: escaped for device mapper, JSON, udev, mount tables, URLs."""
    ways = {real, real.replace("-", "--"), real.encode("ascii", "backslashreplace").decode()}
    ways |= {real.replace("-", "\\x2d"), real.replace("_", " "), real.replace(" ", "_")}
    return [way.encode("utf-8", "surrogatepass") for way in sorted(ways)]


def _is_address(word: str) -> bool:
    raw = word.encode("utf-8", "replace")
    return any(pattern.fullmatch(raw) for pattern, _ in _PATTERNS)


def _uuid(who: Anonymiser, found: re.Match[bytes]) -> bytes:
    pieces = [piece for place in (1, 2, 3, 4, 5) if (piece := found[place])]
    joined = b"".join(pieces)
    task = b"UPID:" in found.string[max(0, found.start() - 80) : found.start()].rpartition(b"\n")[2]
    if len(joined) != 32 or len(set(joined)) < 4 or task:
        return found[0]
    alias, told, at = who.hexadecimal(joined), bytearray(), 0
    for letter in found[0]:
        if letter in b"-:":
            told.append(letter)
        else:
            told.append(alias[at])
            at += 1
    return bytes(told)


def _long(who: Anonymiser, found: re.Match[bytes]) -> bytes:
    if b"MESSAGE_ID" in found.string[max(0, found.start() - 16) : found.start()]:
        return found[0]  # what systemd calls a kind of message, the same everywhere
    return who.hexadecimal(found[0], keep=7 if found[0][:1] in b"6" else 0)


def _wwn(who: Anonymiser, found: re.Match[bytes]) -> bytes:
    mark, digits = found[1] or b"", found[2]
    if not mark and (digits.isdigit() or digits[:1].lower() not in b"5236c"):
        return found[0]
    return mark + who.hexadecimal(digits, keep=6 if b"eui" in mark or b"nvme" in mark else 7)


def _spaced(who: Anonymiser, found: re.Match[bytes]) -> bytes:
    alias = who.hexadecimal(found[1] + found[2] + found[3], keep=7)
    return b" ".join((found[1], found[2], alias[7:]))


def _eui(who: Anonymiser, found: re.Match[bytes]) -> bytes:
    before = found.string[max(0, found.start() - 40) : found.start()].rpartition(b"\n")[2]
    if (found[1] + found[2]).isdigit() and b"EUI" not in before:
        return found[0]  # a size of six digits and a time in seconds
    alias = who.hexadecimal(found[1] + found[2], keep=6)
    return b" ".join((found[1], alias[6:]))


def _json_wwn(who: Anonymiser, found: re.Match[bytes]) -> bytes:
    oui, number = int(found[2]), int(found[5])
    if found[4] == b"ext_id":
        alias = int(who.hexadecimal(b"%06x%010x" % (oui, number), keep=6)[6:], 16)
    else:
        alias = int(who.hexadecimal(b"5%06x%09x" % (oui, number), keep=7)[7:], 16)
    return found[1] + found[2] + found[3] + str(alias).encode()


def _mac(who: Anonymiser, found: re.Match[bytes]) -> bytes:
    mark = found[0][2:3]
    alias = who.hexadecimal(found[0].replace(mark, b""), keep=6)
    return mark.join(alias[i : i + 2] for i in range(0, 12, 2))


def _ipv4(who: Anonymiser, found: re.Match[bytes]) -> bytes:
    before = found.string[max(0, found.start() - 40) : found.start()].rpartition(b"\n")[2]
    if found[0].startswith(_KEPT_ADDRESSES) or _VERSIONS.search(before):
        return found[0]
    real = found[0].decode()
    number = int(who.aliases.name("address", real).removeprefix("address"))
    return b"10.%d.%d.%d" % (number >> 16 & 255, number >> 8 & 255, number & 255)


def _ipv6(who: Anonymiser, found: re.Match[bytes]) -> bytes:
    told = found[0].decode().lower().partition("%")[0]
    try:
        address = IPv6Address(told)
    except ValueError:
        return found[0]  # a time of day, a PCI address
    if address.is_loopback or address.is_unspecified:
        return found[0]
    number = int(who.aliases.name("address", told).removeprefix("address"))
    return b"fd00::%x" % number


def _mail(who: Anonymiser, found: re.Match[bytes]) -> bytes:
    if _UNITS.search(found[2]):
        return found[0]  # a unit of systemd: backup@disk.timer
    local = found[1].decode("utf-8", "replace")
    person = who.aliases.name("person", local) if is_name(local) else local
    domain = who.aliases.name("domain", found[2].decode("utf-8", "replace"))
    return f"{person}@{domain}.example".encode()


def _print(who: Anonymiser, found: re.Match[bytes]) -> bytes:
    return b"SHA256:" + who.aliases.identifier(found[0][7:].decode()).encode()


Replace = Callable[[Anonymiser, "re.Match[bytes]"], bytes]
_PATTERNS: tuple[tuple[re.Pattern[bytes], Replace], ...] = tuple(
    (re.compile(pattern), how)
    for pattern, how in (
        (_PRINT, _print),
        (_UUID, _uuid),
        (_LONG, _long),
        (_JSON_WWN, _json_wwn),
        (_SPACED, _spaced),
        (_EUI, _eui),
        (_WWN, _wwn),
        (_MAC, _mac),
        (_IPV6, _ipv6),
        (_IPV4, _ipv4),
        (_MAIL, _mail),
    )
)
