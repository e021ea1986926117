# SPDX-License-Identifier: Apache-2.0
"""A vCenter: govmomi's simulator with our seeding and paging, compiled from Debian's library of it.

    with vcsim(tmp_path, seed={"machines": [...]}, machines=4) as vcenter: ...vcenter.address...

Compiled once (15 to 45 s) under the directory of :func:`cache_directory`, keyed by its sources.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from .beds import BedError, BedMissing, need_programs
from .guest import cache_directory

SOURCES = Path(__file__).resolve().parent / "vcsim"
LIBRARY = Path("/usr/share/gocode/src/github.com/vmware/govmomi/simulator")
UNMENDED = "\tif len(obj.PropSet) == 0 {\n\t\tfault := obj.MissingSet[0].Fault\n"
MENDED = (
    "\tif len(obj.PropSet) == 0 && len(obj.MissingSet) == 0 {\n"
    "\t\tbody.Res = &internal.FetchResponse{}\n\t\treturn body\n\t}\n"
)
USER, PASSWORD = "auditor", "correct"
GIB = 1 << 30


@dataclass(frozen=True)
class VCenter:
    """A running simulator."""

    port: int
    certificate: Path

    @property
    def address(self) -> str:
        """Without a pin: verified as SSL_CERT_FILE says."""
        return f"vsphere://{USER}@localhost:{self.port}"


def build() -> Path:
    """The program; compiled now if it is not in the cache. Raises BedMissing."""
    need_programs({"go": "golang-go"})
    if not LIBRARY.is_dir():
        raise BedMissing("not installed: apt package golang-github-vmware-govmomi-dev")
    sources = sorted(SOURCES.glob("*.go"))
    recipe = hashlib.sha256(b"".join([MENDED.encode(), *(one.read_bytes() for one in sources)])).hexdigest()[
        :12
    ]
    cache = cache_directory()
    cache.mkdir(parents=True, exist_ok=True)
    program = cache / f"vcsim-{recipe}"
    with (cache / "vcsim-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            _compile(sources, cache / "vcsim-work", program)
    return program


def _compile(sources: list[Path], work: Path, program: Path) -> None:
    folder = work / "src" / "vcsim"
    shutil.rmtree(work, ignore_errors=True)
    folder.mkdir(parents=True)
    for one in sources:
        shutil.copy(one, folder)
    environment = {
        **os.environ,
        "GO111MODULE": "off",
        "GOPATH": f"{work}:/usr/share/gocode",
        "GOFLAGS": "",
        "GOCACHE": str(work / "cache"),
    }
    command = ["go", "build", "-overlay", str(_mended(work)), "-ldflags", "-s -w"]
    command += ["-o", str(work / "vcsim"), "vcsim"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise BedError(f"the simulator does not compile:\n{done.stderr[-3000:]}")
    (work / "vcsim").rename(program)
    shutil.rmtree(work, ignore_errors=True)


def _mended(work: Path) -> Path:
    """An overlay in which an unset property asked for by itself is empty: the library panics there."""
    original = LIBRARY / "property_collector.go"
    text = original.read_text()
    if UNMENDED not in text:
        raise BedError(f"{original} is not the one whose fault is known")
    (work / "mended.go").write_text(text.replace(UNMENDED, MENDED + UNMENDED, 1))
    overlay = work / "overlay.json"
    overlay.write_text(json.dumps({"Replace": {str(original): str(work / "mended.go")}}))
    return overlay


@contextmanager
def vcsim(
    folder: Path,
    *,
    seed: Mapping[str, Any] | None = None,
    machines: int = 4,
    hosts: int = 2,
    days: tuple[int, int] = (-1, 30),
    options: tuple[str, ...] = (),
) -> Iterator[VCenter]:
    """Start it on a free port of this host; *days*: from when to when its certificate is valid."""
    program = build()
    certificate, key = certify(folder, days=days)
    (folder / "seed.json").write_text(json.dumps(seed or {}))
    command = [str(program), "-vm", str(machines), "-host", str(hosts), "-seed", str(folder / "seed.json")]
    command += ["-cert", str(certificate), "-key", str(key), *options]
    with (folder / "vcsim.log").open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            assert process.stdout is not None
            ready = process.stdout.readline().split()
            if ready[:1] != ["READY"]:
                raise BedError(f"the simulator did not start: {(folder / 'vcsim.log').read_text()[-2000:]}")
            yield VCenter(int(ready[1].rpartition(":")[2]), certificate)
        finally:
            process.terminate()
            try:
                process.communicate(timeout=20)
            except subprocess.TimeoutExpired:  # it takes its thousands of machines down one by one
                process.kill()
                process.communicate()


def certify(folder: Path, *, days: tuple[int, int] = (-1, 30), name: str = "localhost") -> tuple[Path, Path]:
    """A certificate of *name*, signed by itself, and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


def population(machines: int, snapshots: int = 3) -> dict[str, Any]:
    """A seed that gives every machine a disk and a chain of snapshots, each with a delta of its own size."""
    now = datetime.now(UTC)
    return {
        "machines": [
            {
                "name": f"DC0_C0_RP0_VM{number}",
                "disks": [{"bytes": 40 * GIB, "mode": "persistent"}],
                "running": [GIB + number],
                "snapshots": _chain(now, number, snapshots),
            }
            for number in range(machines)
        ]
    }


def _chain(now: datetime, number: int, length: int) -> list[dict[str, Any]]:
    chain: list[dict[str, Any]] = []
    for place in reversed(range(length)):
        one = {
            "name": f"snapshot {place}",
            "description": "before the update",
            "created": (now - timedelta(days=30 - place, minutes=number)).isoformat(),
            "frozen": [20 * GIB if place == 0 else place * 1_000_000 + number],
            "current": place == length - 1,
            "children": chain,
        }
        chain = [one]
    return chain
