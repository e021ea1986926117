"""Removes secrets from what a tool printed, before it is written anywhere.

A secret is replaced by a mark that tells its kind and nothing else, not even its length. What is not sure to
be a secret stays: storage output must not be damaged.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

_SEPARATOR = rb"(?:\"|')?[ \t]*(?:=|:)[ \t]*"
_VALUE = rb"(?:\"((?:[^\"\\\n]|\\.){1,4096})\"|'([^'\n]{1,4096})'|([^\s\"',;&{}\[\]()<>]{1,4096}))"
_SUFFIX = rb"(?:_in|_out|_mutual|_new|_old|[0-9])?"

_NO_SECRET = re.compile(
    rb"(?:yes|no|none|null|nil|true|false|on|off|enabled?|disabled?|required|optional|unknown|never|not|n/a|set"
    rb"|unset|empty|default|locked|unlocked|supported|unsupported|prompt|ask|expired?|[*x!-]+|[0-9]|/\S*|\(.*"
    rb"|file://\S*|\xe2\x80\xb9removed:.*)",
    re.DOTALL,
)
"""Values of such words that are settings, not secrets, in lower case. `/…` is the path of a key file."""

_PATH_BEFORE = re.compile(rb"/[^\s/=\"':]*\Z")

_ASSIGNED: tuple[tuple[str, bytes, bytes], ...] = (
    # kind, literal that the lower-cased output must hold, pattern that begins with it
    ("password", b"password", rb"password"),
    ("password", b"passphrase", rb"passphrase"),
    ("password", b"passwd", rb"passwd"),
    ("password", b"pass", rb"(?<![a-z_-])pass(?!w|p)"),
    ("password", b"pwd", rb"(?<![a-z_-])pwd"),
    ("secret", b"secret", rb"secret(?:[ _-]?(?:access[ _-]?)?key)?"),
    ("token", b"token", rb"token"),
    ("key", b"api", rb"api[ _-]?key"),
    ("key", b"access", rb"access[_-]?key(?:[_-]?id)?"),
    ("key", b"private", rb"private[ _-]?key"),
    ("key", b"pre", rb"pre[_-]?shared[_-]?key"),
    ("key", b"psk", rb"(?<![a-z])psk"),
)

_ASSIGNMENTS = [
    (kind, literal, re.compile(name + _SUFFIX + _SEPARATOR + _VALUE)) for kind, literal, name in _ASSIGNED
]

_LOWER_CASE = (
    ("password", b"://", re.compile(rb"://[^\s:/@\"'<>]{0,128}:([^\s/\"'<>]{1,256})@")),
    ("password", b"--pass", re.compile(rb"--pass(?:word|phrase|wd)?[= ]+([^\s\"'-][^\s\"']{0,255})")),
    ("password", b"_pwd=", re.compile(rb"_pwd=[\"']?([^\s\"']{1,256})")),
    ("password", b" -p", re.compile(  # `mysqldump -pSECRET`, `7z a -pSECRET`
        rb"\b(?:mysql\w*|mariadb[\w-]*|mariabackup|xtrabackup|mydumper|7z[ar]?)\b[^\n|;&]{0,300}?"
        rb" -p(?!ort|ath|rint|rot|lug|id|rog)[\"']?([^\s\"'-][^\s\"']{0,255})"
    )),
    ("password", b"cipher-pass", re.compile(rb"cipher-pass *= *([^\s]{1,4096})")),
    ("password", b"sshpass", re.compile(rb"\bsshpass +-p *[\"']?([^\s\"']{1,256})")),
    ("password", b"curl", re.compile(
        rb"\bcurl\b[^\n|;&]{0,300}? (?:-u|--user)[= ]*[\"']?[^\s:\"']+:([^\s\"']+)"
    )),
    ("token", b"bearer ", re.compile(rb"bearer +([a-z0-9._~+/=-]{16,4096})")),
    ("token", b"authorization", re.compile(rb"authorization: *(?:basic|token|digest) +([^\r\n]{4,4096})")),
    ("token", b"pveapitoken", re.compile(rb"pveapitoken=[^\s=!]+![^\s=]+=([0-9a-f-]{16,64})")),
)  # fmt: skip
"""Searched in the output turned to lower case; group 1 is the secret."""

_AS_IS = (
    ("key", b"IA", re.compile(rb"(?<![A-Za-z0-9])((?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16})(?![A-Za-z0-9])")),
    ("token", b"eyJ", re.compile(rb"(eyJ[A-Za-z0-9_-]{8,4096}\.[\w-]{8,8192}\.[\w-]{8,4096})")),
    ("token", b"gh", re.compile(rb"(?<![A-Za-z0-9])(gh[pousr]_[A-Za-z0-9]{36,255})")),
    ("hash", b"$", re.compile(rb"(\$(?:1|2[abxy]?|5|6|7|y|gy|md5|sha1|apr1)\$[./A-Za-z0-9$=,+-]{12,512})")),
    ("key", b"-----BEGIN ", re.compile(
        rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"
        rb"((?:(?!-----)[\x20-\x7e\r\n\t\\]){1,65536})"
    )),
)  # fmt: skip
"""Searched in the output as it stands."""

Span = tuple[int, int, str, bool]
"""First and last place of a secret, its kind, and whether its mark needs quotes to keep JSON valid."""


def redact(raw: bytes) -> tuple[bytes, dict[str, int]]:
    """The output without secrets, and how many of each kind were removed; the same object if none."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _wide(raw)
    spans = sorted(_secrets(raw))
    if not spans:
        return raw, {}
    kept, removed, at = [], Counter[str](), 0
    for begin, end, kind, bare in spans:
        if begin < at:  # inside one already removed
            continue
        kept += [raw[at:begin], b'"%s"' % mark(kind) if bare else mark(kind)]
        removed[kind] += 1
        at = end
    kept.append(raw[at:])
    return b"".join(kept), dict(removed)


def mark(kind: str) -> bytes:
    """What stands in place of a secret."""
    return f"‹removed:{kind}›".encode()


def _wide(raw: bytes) -> tuple[bytes, dict[str, int]]:
    """UTF-16, as Windows tools print it; anything that is not quite that stays as it is."""
    try:
        text, removed = redact(raw.decode("utf-16").encode())
    except UnicodeError:
        return raw, {}
    if not removed:
        return raw, {}
    little = raw[:2] == b"\xff\xfe"
    return raw[:2] + text.decode().encode("utf-16-le" if little else "utf-16-be"), removed


def _secrets(raw: bytes) -> Iterator[Span]:
    """Where secrets stand. The cheap search for a literal spares most outputs every regular expression."""
    lowered = raw.lower()  # of bytes: changes ASCII only, so places stay the same
    for kind, literal, pattern in _ASSIGNMENTS:
        if literal in lowered:
            for found in pattern.finditer(lowered):
                group = found.lastindex or 0
                if not _NO_SECRET.fullmatch(found[group]) and not _in_path(lowered, found):
                    bare = group == 3 and b'"' in lowered[found.start() : found.start(3)]
                    yield found.start(group), found.end(group), kind, bare
    for haystack, patterns in ((lowered, _LOWER_CASE), (raw, _AS_IS)):
        for kind, literal, pattern in patterns:
            if literal in haystack:
                for found in pattern.finditer(haystack):
                    if not found[1].startswith(b"\xe2\x80\xb9removed:"):
                        yield found.start(1), found.end(1), kind, False


def _in_path(lowered: bytes, found: re.Match[bytes]) -> bool:
    """Whether it is `/srv/secret: Permission denied`, a path and what is said of it."""
    separator = lowered[found.start() : found.start(found.lastindex or 0)].rstrip(b" \t\"'")
    return (
        separator.endswith(b":")
        and _PATH_BEFORE.search(lowered, max(0, found.start() - 256), found.start()) is not None
    )
