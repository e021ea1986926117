# SPDX-License-Identifier: Apache-2.0
"""Netdata with the health configuration it installs; a status of WARNING or CRITICAL is an alarm.

It is started in the state, so it has no history; its delays before a notification are taken as over.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time

from tests.lab.beds import Bed, must

from .said import Said

NAME = "Netdata"
PLACES = "/var/cache/netdata /var/lib/netdata /var/log/netdata /run/netdata"
START = (
    f"rm -rf {PLACES}; mkdir -p {PLACES}; chown netdata: {PLACES}; "
    "(netdata -D >/tmp/netdata.log 2>&1 & echo $! >/tmp/netdata.pid); "
    "for i in $(seq 100); do curl -sf http://127.0.0.1:19999/api/v1/info >/dev/null && exit; sleep 0.3; done"
)
STOP = (
    "kill $(cat /tmp/netdata.pid); for i in $(seq 50); do [ -e /proc/$(cat /tmp/netdata.pid) ] || exit; "
    "sleep 0.2; done; kill -9 $(cat /tmp/netdata.pid)"
)
ALARMS = "curl -sf 'http://127.0.0.1:19999/api/v1/alarms?all'"
PATIENCE, SETTLING = 40, 12  # seconds until its alarms have values; and for what fires only at the start
NOT_YET = ("UNINITIALIZED", "UNDEFINED")


def version() -> str:
    """As the program says; empty if it is not there."""
    if not shutil.which("netdata"):
        return ""
    told = subprocess.run(["netdata", "-v"], capture_output=True, text=True)
    return told.stdout.split()[-1]


def alarms(bed: Bed, chart: str) -> dict[str, tuple[str, str]]:
    """Alarm → (chart, status) of charts with that in their names."""
    try:
        told = json.loads(bed.run(ALARMS).text)["alarms"]
    except (ValueError, KeyError):
        return {}
    return {f"{one['name']}": (one["chart"], one["status"]) for one in told.values() if chart in one["chart"]}


def inside(bed: Bed, chart: str) -> Said:
    """Run in a bed; the alarms on charts with *chart* in their names."""
    if not version():
        return Said("absent")
    must(bed, START, timeout=60)
    try:
        began = time.monotonic()
        while time.monotonic() - began < PATIENCE:
            found = alarms(bed, chart)
            if found and not any(status in NOT_YET for _, status in found.values()):
                break
            time.sleep(1)
        time.sleep(SETTLING)
        found = alarms(bed, chart)
    finally:
        bed.run(STOP)
    raised = [f"{n} {status}" for n, (_, status) in found.items() if status in ("WARNING", "CRITICAL")]
    if raised:
        return Said("alarm", ", ".join(raised))
    return Said("silent", "" if found else "no chart of it")
