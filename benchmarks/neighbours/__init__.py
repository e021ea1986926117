# SPDX-License-Identifier: Apache-2.0
"""The same states of arrays, file systems and drives shown to holdwater and to its neighbours.

    python -m benchmarks.neighbours                       # everything; as root, about a quarter of an hour
    python -m benchmarks.neighbours --only drives,corpus  # parts of it
    python -m benchmarks.neighbours --kept results.json   # write the page anew from kept results

The neighbours are run as their packages install them (`PACKAGES`); one that is missing gives an empty column.
"""

PACKAGES = (
    "smartmontools prometheus-node-exporter netdata-core netdata-plugins-bash monitoring-plugins-contrib curl"
)
"""Debian packages of the neighbours; pymdstat comes from PyPI."""
