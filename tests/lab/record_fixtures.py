# SPDX-License-Identifier: Apache-2.0
"""Records all of `fixtures/` that comes from the beds: ``python -m tests.lab.record_fixtures``.

The cases of single readers (record_readers.py) and whole bundles (record_bundles.py). Takes a quarter of an
hour or more, needs root and the packages of apt-packages.txt.
"""

from __future__ import annotations

from . import record_bundles, record_readers


def main() -> None:
    """Readers first: they are the quicker ones, and what is wrong with a bed shows there."""
    record_readers.main([])
    record_bundles.main([])


if __name__ == "__main__":
    main()
