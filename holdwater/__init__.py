"""holdwater: can it be restored, by when, losing how much, and what is the proof?

The public API, loaded when first used::

    from pathlib import Path
    import holdwater

    bundle = holdwater.collect([""], Path("audits"), site="office")   # "" is this machine
    judgement = holdwater.judge(bundle)
    for finding in judgement.failed():
        print(finding.severity, finding.rule, finding.message)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from holdwater.api import collect, judge, open_site, read_saved

__version__ = "0.1.0"
__all__ = ["__version__", "collect", "judge", "open_site", "read_saved"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from holdwater import api

        return getattr(api, name)
    raise AttributeError(f"module 'holdwater' has no attribute {name!r}")
