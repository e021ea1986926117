"""The newest snapshot or replica that shows that a policy is carried out, for the record of its job.

Those of sanoid and zrepl are known by their names, btrbk's by what they are snapshots of and where they were
received; snapper tells of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from analyzer.btrfs_replicas import Branch, branches_of, seen_at, subvolume_trees
from analyzer.derived.asset import systems_of
from analyzer.guest_places import within
from analyzer.site import Site
from collectors.backup_tables import BackupJob
from collectors.fact import Fact
from collectors.frozen import frozen
from collectors.zfs_tables import ZfsDataset, ZfsSnapshotSet

_DATED = re.compile(r"\.\d{8}(?:T\d{4}(?:\d{2}[+-]\d{4})?)?(?:_\d+)?$")

JobKey = tuple[str, str, str]
"""Target, product and job."""


@frozen
class Proof:
    """*newest*: None if somebody looked and there is none."""

    newest: datetime | None
    fact: Fact[Any] | None = None


def snapshot_proofs(site: Site) -> dict[JobKey, Proof]:
    """What was seen of each policy; no entry where nobody could look."""
    found: dict[JobKey, Proof] = {}
    for fact in site.facts(BackupJob):
        row = fact.row
        proof = None
        if row.product in ("sanoid", "zrepl") and row.purpose:
            proof = _of_zfs(site, fact)
        elif row.product == "btrbk":
            proof = _received(site, fact) if row.repository else _taken(site, fact)
        elif row.product == "snapper" and row.last_outcome == "never":
            proof = Proof(None)
        if proof is not None:
            found[fact.target, row.product, row.job] = proof
    return found


def _of_zfs(site: Site, job: Fact[BackupJob]) -> Proof | None:
    """The newest snapshot with the tool's name, of the datasets that the policy means."""
    blind = any(gap.target == job.target and gap.table is ZfsSnapshotSet for gap in site.gaps)
    datasets = {fact.row.dataset for fact in site.facts_of(job.target, ZfsDataset)}
    meant = {one for one in datasets if _means(job.row, one)}
    if blind or not meant:
        return None
    told = [
        fact
        for fact in site.facts_of(job.target, ZfsSnapshotSet)
        if fact.row.family == job.row.product and fact.row.dataset in meant and fact.row.newest_at
    ]
    newest = max(told, key=lambda one: (one.row.newest_at, one.row.dataset), default=None)
    return Proof(newest.row.newest_at, newest) if newest else Proof(None)


def _means(job: BackupJob, dataset: str) -> bool:
    """`tank/data`; `tank/data/*`, of sanoid: what lies below; `tank/data<`, of zrepl: both."""
    words = (job.selects or "").split("\n")
    if job.product == "sanoid" and job.job in words:
        return dataset == job.job
    for word in words:
        name = word.removesuffix("<").removesuffix("/*")
        if dataset == word or (word != name and dataset.startswith(f"{name}/")):
            return True
        if word.endswith("<") and dataset == name:
            return True
    return False


def _taken(site: Site, job: Fact[BackupJob]) -> Proof | None:
    """The newest snapshot of the subvolume that bears a date as btrbk writes it; its name may be chosen."""
    for volume, tree in site.once(subvolume_trees).items():
        if volume[0] != job.target:
            continue
        for uuid, fact in tree.facts.items():
            if job.row.selects not in seen_at(site, volume, fact.row.path):
                continue
            mine = {
                one.row.uuid: one
                for one in tree.facts.values()
                if one.row.parent_uuid == uuid and _DATED.search(one.row.path) and one.row.uuid in tree.times
            }
            newest = max(mine, key=lambda one: (tree.times[one], one), default=None)
            return Proof(tree.times[newest], mine[newest]) if newest else Proof(None, fact)
    return None


def _received(site: Site, job: Fact[BackupJob]) -> Proof | None:
    """The newest snapshot that arrived; None where the other end was not asked."""
    host, path = _place(site, job)
    if host is None or not any(volume[0] == host for volume in site.once(subvolume_trees)):
        return None
    mine = [one for one in _branches(site, job) if one.receiver[0] == host and _lies_in(one, path)]
    newest = max(mine, key=lambda one: (max(one.times), one.held), default=None)
    return Proof(max(newest.times), newest.facts[-1]) if newest else Proof(None)


def received_in(site: Site, job: Fact[BackupJob]) -> str | None:
    """The repository of replicas that a job of btrbk sends to, if it was seen there."""
    if job.row.product != "btrbk":
        return None
    host, path = _place(site, job)
    mine = (one for one in _branches(site, job) if one.receiver[0] == host and _lies_in(one, path))
    return next((f"btrfs:{host}{one.held[0].rpartition('/')[0]}" for one in mine), None)


def _branches(site: Site, job: Fact[BackupJob]) -> Iterator[Branch]:
    for branch in site.once(branches_of):
        if branch.sender == job.target and job.row.selects in branch.paths:
            yield branch


def _lies_in(branch: Branch, folder: str) -> bool:
    return any(within(one, folder) for one in branch.held)


def _place(site: Site, job: Fact[BackupJob]) -> tuple[str | None, str]:
    """Target and folder that it sends to: `/folder`, `ssh://host/folder` or `host:/folder`."""
    location = job.row.repository or ""
    if location.startswith("/"):
        return job.target, location
    found = re.fullmatch(r"(?:ssh://)?(?:[^@/]*@)?([^/:]+)(?::\d+)?:?(/.*)", location)
    if found is None:
        return None, ""
    known = site.once(systems_of)
    match = known.index.find(found[1])
    draft = known.drafts.get(match.asset) if match else None
    return (draft.target if draft else None), found[2]
