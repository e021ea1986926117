"""Evidence bundles: one zip file with every question, every answer verbatim, and a manifest with hashes.

`docs/evidence.md` is the format for readers.
"""

from __future__ import annotations

from collectors.bundle_check import Entry, Problem, extract, listing, verify
from collectors.bundle_format import FORMAT, VERSION, BundleError, CannotWrite
from collectors.bundle_reader import Bundle, RecordedTarget
from collectors.bundle_writer import PARTIAL, SUFFIX, BundleWriter, bundle_name

__all__ = [
    "FORMAT",
    "PARTIAL",
    "SUFFIX",
    "VERSION",
    "Bundle",
    "BundleError",
    "BundleWriter",
    "CannotWrite",
    "Entry",
    "Problem",
    "RecordedTarget",
    "bundle_name",
    "extract",
    "listing",
    "verify",
]
