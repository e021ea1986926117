"""Saved answers of storage systems: Dell PowerStore's REST API and PowerVault's `show` commands in JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from collectors.collector import reader
from collectors.fact import At, Missing, Reading
from collectors.question import Answer
from collectors.storage_system_tables import StoragePart

_VAULT = {
    "controllers": ("controller", "durable-id"),
    "drives": ("drive", "location"),
    "pools": ("pool", "name"),
    "volumes": ("volume", "volume-name"),
    "system": ("system", "system-name"),
    "disk-groups": ("disk group", "name"),
}
_BLOCK_BYTES = 512
_LIFE_NOT_TOLD = 255
"""ssd-life-left-numeric of a drive without flash."""


def _recognises_vault(text: str) -> float:
    known = r'"(?:controllers|drives|pools|volumes|system|disk-groups)"\s*:\s*\['
    return 0.95 if '"health-numeric"' in text and re.search(known, text) else 0.0


@reader("powervault", fills=(StoragePart,), recognises=_recognises_vault)
def read_vault(answer: Answer) -> Iterator[Reading]:
    """parts of a Dell PowerVault or HPE MSA system from its JSON"""
    told, found = json.loads(answer.text), False
    for name, (kind, key) in _VAULT.items():
        for number, one in enumerate(told.get(name) or ()):
            found = True
            yield At(_vault_part(kind, key, one), f"{name}[{number}]")
    if not found:
        said = next((one.get("response") for one in told.get("status") or ()), "no part is told")
        yield Missing(StoragePart, "failed", str(said)[:200])


def _vault_part(kind: str, key: str, one: Mapping[str, Any]) -> StoragePart:
    """`health` is OK, Degraded, Fault, Unknown or N/A; `health-numeric` 0, 1, 2, 3, 4."""
    health = one.get("health")
    numeric = one.get("health-numeric")
    life = one.get("ssd-life-left-numeric")
    size, free = one.get("total-size-numeric") or one.get("size-numeric"), one.get("total-avail-numeric")
    reason = str(one.get("health-reason") or "")
    return StoragePart(
        kind=kind,
        name=str(one.get(key) or one.get("durable-id") or "?"),
        health=health,
        sound=None if numeric in (None, 3, 4) else numeric == 0,
        said=reason[:300],
        serial=one.get("serial-number"),
        model=one.get("model") or one.get("product-id"),
        life_left_percent=float(life) if isinstance(life, int) and life != _LIFE_NOT_TOLD else None,
        size_bytes=size * _BLOCK_BYTES if isinstance(size, int) else None,
        free_bytes=free * _BLOCK_BYTES if isinstance(free, int) else None,
    )


def _recognises_store(text: str) -> float:
    head = text[:20000]
    if re.search(r'"(?:lifecycle_state|percent_endurance_remaining|resource_type|appliance_id)"', head):
        return 0.95
    return (
        0.9
        if '"physical_total"' in head or '"service_tag"' in head or '"logical_provisioned"' in head
        else 0.0
    )


@reader("powerstore", fills=(StoragePart,), recognises=_recognises_store)
def read_store(answer: Answer) -> Iterator[Reading]:
    """parts and alerts of a Dell PowerStore system from its JSON"""
    found = False
    for number, one in enumerate(json.loads(answer.text)):
        if (row := _store_part(one)) is not None:
            found = True
            yield At(row, f"[{number}]")
    if not found:
        yield Missing(StoragePart, "unsupported", "these entries tell of no part's state")


def _store_part(one: Mapping[str, Any]) -> StoragePart | None:
    name = str(one.get("name") or one.get("id") or "?")
    if "severity" in one:
        over = one.get("state") not in (None, "ACTIVE")
        return StoragePart(
            kind="alert",
            name=f"{one.get('id', '?')} {one.get('resource_name') or ''}".strip(),
            health=str(one.get("state") or ""),
            alert_severity=str(one["severity"]).lower() if not over else "cleared",
            said=str(one.get("description_l10n") or "")[:300],
        )
    if "lifecycle_state" in one:
        state = one["lifecycle_state"]
        kind = str(one.get("type") or "part").lower()
        return StoragePart(kind=kind, name=name, health=state, sound=state == "Healthy")
    if "percent_endurance_remaining" in one:
        life = float(one["percent_endurance_remaining"])
        return StoragePart(kind="drive", name=str(one.get("drive_id") or name), life_left_percent=life)
    if "physical_total" in one:
        total, used = int(one["physical_total"]), int(one["physical_used"])
        place = str(one.get("appliance_id") or one.get("cluster_id") or name)
        return StoragePart(kind="pool", name=place, size_bytes=total, free_bytes=total - used)
    if "logical_used" in one:
        state = one.get("state")
        return StoragePart(
            kind="volume",
            name=str(one.get("name") or one.get("volume_id") or name),
            health=state,
            sound=state == "Ready" if state else None,
        )
    if "service_tag" in one:
        return StoragePart(kind="appliance", name=name, serial=str(one["service_tag"]))
    return None
