"""Reports made on demand out of bundles, kept in memory: nothing is written."""

from __future__ import annotations

import html
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

import click

from holdwater.errors import CannotRun
from holdwater.store.layout import Stored

MOST_BYTES = 128 * 1024 * 1024
"""Reports kept together; those not asked for the longest go first."""


_META = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]{1,2000})">')
_SOURCE = r"(?:'none'|data:|'sha256-[A-Za-z0-9+/=]{44}')"
_POLICY = re.compile(rf"default-src 'none'(?:; [a-z-]+(?: {_SOURCE})+)*;?")
"""The policy of a report of ours: nothing but styles and scripts by their hashes."""


def own_policy(text: str) -> str:
    """The content policy of a report of ours; empty if it has none that forbids all loading."""
    meta = _META.search(text[:4000])
    policy = html.unescape(meta[1]).strip() if meta else ""
    return policy.rstrip(";") if _POLICY.fullmatch(policy) else ""


@dataclass(slots=True)
class Rendered:
    """Reports by audit. *store*: tells the past of each."""

    store: Path
    _kept: OrderedDict[str, str] = field(default_factory=OrderedDict)
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def report(self, one: Stored, bundle: Path) -> str:
        """The report of an audit, judged by the rules of today.

        Raises CannotRun if the bundle is not that audit's or cannot be judged.
        """
        with self._one_at_a_time:
            if one.audit not in self._kept:
                self._kept[one.audit] = _made(one, bundle, self.store)
            self._kept.move_to_end(one.audit)
            text = self._kept[one.audit]
            while len(self._kept) > 1 and sum(map(len, self._kept.values())) > MOST_BYTES:
                self._kept.popitem(last=False)
            return text


def _made(one: Stored, bundle: Path, store: Path) -> str:
    from holdwater import formats, site_file
    from holdwater.judging import judged
    from holdwater.store.layout import bundle_digest
    from reports.formats import FORMATS

    try:
        if not one.audit.endswith(bundle_digest(bundle)[:12]):
            raise CannotRun(f"{bundle.name} is not the bundle that this audit was made of")
        settings = site_file.load(None)
        judgement = judged(bundle, store=store, settings=settings)
        return formats.content(FORMATS["html"], judgement, bundle, settings).decode()
    except OSError as error:
        raise CannotRun(f"{bundle.name}: {error.strerror or error}") from error
    except click.ClickException as error:
        raise CannotRun(error.message) from error
