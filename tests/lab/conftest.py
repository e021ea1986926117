# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the test beds: each bed is started once and skipped, with its reason, where it cannot run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from . import md
from .beds import BedMissing
from .filesystems import FilesystemBed, filesystem_bed
from .guest import Guest
from .smartshim import smart_bed
from .uml import Uml, python_mounts


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers, for a project file which does not."""
    config.addinivalue_line("markers", "lab: needs a test bed (user-mode Linux, loop devices, smartctl)")
    config.addinivalue_line("markers", "lab_slow: needs the emulated guest, or takes longer than a minute")


@pytest.fixture(scope="session")
def uml(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Uml]:
    """User-mode Linux with the disks which the md scenarios need."""
    try:
        with Uml(tmp_path_factory.mktemp("uml"), disks=md.DISKS, mounts=python_mounts()) as bed:
            yield bed
    except BedMissing as missing:
        pytest.skip(f"user-mode Linux bed: {missing}")


@pytest.fixture(scope="session")
def volumes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilesystemBed]:
    """A bed for file systems: the host, or user-mode Linux where the host cannot."""
    try:
        with filesystem_bed(tmp_path_factory.mktemp("volumes")) as bed:
            yield bed
    except BedMissing as missing:
        pytest.skip(f"file system bed: {missing}")


@pytest.fixture(scope="session")
def smart_path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory for PATH whose smartctl sees the fabricated drives."""
    try:
        with smart_bed(tmp_path_factory.mktemp("smart")) as directory:
            yield directory
    except BedMissing as missing:
        pytest.skip(f"smartctl bed: {missing}")


@pytest.fixture(scope="session")
def guest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guest]:
    """The emulated guest with sshd and disks."""
    try:
        with Guest(tmp_path_factory.mktemp("guest")) as bed:
            yield bed
    except BedMissing as missing:
        pytest.skip(f"guest bed: {missing}")
