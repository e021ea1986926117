# SPDX-License-Identifier: Apache-2.0
"""A guest under QEMU's emulation, with a real sshd, host keys, and emulated NVMe, SATA and MegaRAID disks.

    with Guest(tmp_path) as guest:
        guest.run("mdadm --create ...")                        # as root, over ssh
        guest.ssh("auditor", ["sudo", "-n", "true"])           # as the user without rights
        guest.host, guest.port, guest.key, guest.known_hosts   # what holdwater's ssh:// target needs

The image is built once (about 40 s) under $HOLDWATER_LAB_CACHE, default ~/.cache/holdwater-lab.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from .beds import Answer, BedError, BedMissing, must, need_programs, need_root, shell_text

BUILD = Path(__file__).resolve().parent / "build_guest.sh"
PACKAGES = (
    "kmod,udev,mount,fdisk,mdadm,lvm2,smartmontools,nvme-cli,e2fsprogs,xfsprogs,btrfs-progs,openssh-server,"
    "iproute2,procps,util-linux,sudo,dmsetup"
)
TOOLS = {
    "qemu-system-x86_64": "qemu-system-x86",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "mmdebstrap": "mmdebstrap",
    "busybox": "busybox-static",
    "cpio": "cpio",
    "zstd": "zstd",
    "mke2fs": "e2fsprogs",
    "apt-cache": "apt",
}
SATA = ("SATA0001", "SATA0002", "SATA0003", "SATA0004")
NVME = ("NVME0001", "NVME0002")
MEGARAID = "MEGA0001"
DISK = 64 << 20


def cache_directory() -> Path:
    """Where built images stay."""
    default = Path.home() / ".cache" / "holdwater-lab"
    return Path(os.environ.get("HOLDWATER_LAB_CACHE") or default)


def kernel_package() -> str:
    """The kernel package which linux-image-amd64 stands for today."""
    done = subprocess.run(["apt-cache", "depends", "linux-image-amd64"], capture_output=True, text=True)
    for line in done.stdout.splitlines():
        word, _, package = line.strip().partition(" ")
        if word == "Depends:" and package.startswith("linux-image-"):
            return package
    raise BedMissing("apt knows no linux-image-amd64 (apt-get update; needs Debian)")


def build_image() -> Path:
    """The directory with the guest's kernel, image and keys; built now if it is not in the cache."""
    need_programs(TOOLS)
    need_root()
    kernel = kernel_package()
    return built(BUILD, f"guest-{kernel.removeprefix('linux-image-')}", kernel, PACKAGES, recipe=PACKAGES)


def built(script: Path, name: str, *words: str, recipe: str = "") -> Path:
    """The directory of the cache that the script fills, OUT being its first word; run now if it is not there.

    *recipe*: what else than the script decides what comes out. Who gives up waiting ends the script, too.
    """
    digest = hashlib.sha256(script.read_bytes() + recipe.encode()).hexdigest()[:12]
    cache = cache_directory()
    cache.mkdir(parents=True, exist_ok=True)
    image = cache / f"{name}-{digest}"
    with (cache / f"{script.stem}-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (image / "complete").exists():
            shutil.rmtree(image, ignore_errors=True)
            image.mkdir(exist_ok=True)
            log = image / "build.log"
            command = [str(script), str(image), *words]
            with (
                log.open("wb") as output,
                subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True) as process,
            ):
                try:
                    status = process.wait()
                except BaseException:
                    os.killpg(process.pid, signal.SIGKILL)
                    raise
            if status:
                raise BedError(f"{script.name} failed:\n{log.read_text(errors='replace')[-3000:]}")
            (image / "complete").touch()
    return image


def free_port() -> int:
    """A port nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Guest:
    """One running guest; ``run`` is root over ssh, ``disks`` are its four SATA disks."""

    host = "127.0.0.1"
    user = "auditor"
    serials: tuple[str, ...] = SATA

    def __init__(self, directory: Path) -> None:
        """Keep scratch disks and logs under ``directory``."""
        self.directory = directory
        self.port = free_port()
        self.known_hosts = directory / "known_hosts"
        self.wrong_known_hosts = directory / "wrong_known_hosts"
        self.boot_seconds = 0.0
        self.build_seconds = 0.0
        self.disks: tuple[str, ...] = ()
        self.key = Path()
        self._image = Path()
        self._process: subprocess.Popen[bytes] | None = None
        self._sockets = ""

    def __enter__(self) -> Guest:
        """Build the image if need be, boot, and wait for sshd."""
        began = time.monotonic()
        self._image = build_image()
        self.build_seconds = time.monotonic() - began
        self.directory.mkdir(parents=True, exist_ok=True)
        self._sockets = tempfile.mkdtemp(prefix="guest-")  # short: socket paths end at 108 characters
        try:
            self._prepare_keys()
            self._start(120)
            names = must(self, "udevadm settle; lsblk -dnro NAME,SERIAL")
            found = {serial: name for name, _, serial in (line.partition(" ") for line in names.splitlines())}
            self.disks = tuple(f"/dev/{found[serial]}" for serial in self.serials)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the machine."""
        self._stop()

    def _prepare_keys(self) -> None:
        """A private copy of the client key, a true and a false known_hosts file."""
        self.key = self.directory / "id"
        shutil.copyfile(self._image / "id", self.key)
        self.key.chmod(0o600)
        other = self.directory / "other"
        other.unlink(missing_ok=True)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(other)], check=True)
        address = f"[{self.host}]:{self.port}"
        for target, source in (
            (self.known_hosts, self._image / "host_key.pub"),
            (self.wrong_known_hosts, other.with_suffix(".pub")),
        ):
            kind, public = source.read_text().split()[:2]
            target.write_text(f"{address} {kind} {public}\n")

    def _disk_arguments(self) -> list[str]:
        """Four SATA disks, two NVMe disks and one behind a MegaRAID controller."""
        arguments = ["-device", "megasas-gen2,id=mega"]
        devices = {
            serial: f"ide-hd,bus=ide.{index},model=LAB-SATA,rotation_rate=7200"
            for index, serial in enumerate(self.serials)
        }
        devices |= {serial: f"nvme,id={serial.lower()}" for serial in NVME}
        devices[MEGARAID] = "scsi-hd,bus=mega.0"
        for serial, device in devices.items():
            path = self.directory / f"{serial}.img"
            with path.open("wb") as handle:
                handle.truncate(DISK)
            arguments += ["-drive", f"file={path},format=raw,if=none,id=drive-{serial},cache=unsafe"]
            arguments += ["-device", f"{device},drive=drive-{serial},serial={serial}"]
        return arguments

    def _arguments(self) -> list[str]:
        """QEMU's command line; restrict=on keeps the guest off every network but the one forwarded port."""
        forward = f"user,id=n0,restrict=on,hostfwd=tcp:{self.host}:{self.port}-:22"
        root = f"file={self._image}/root.img,format=raw,if=none,id=root,snapshot=on,cache=unsafe"
        return [
            *(
                "qemu-system-x86_64",
                "-accel",
                "tcg,thread=multi",
                "-machine",
                "q35",
                "-cpu",
                "max",
                "-smp",
                "2",
            ),
            *("-m", "1024", "-nodefaults", "-display", "none", "-no-user-config", "-no-reboot"),
            *("-serial", f"file:{self.directory}/serial.log"),
            *("-kernel", f"{self._image}/vmlinuz", "-initrd", f"{self._image}/initrd.img"),
            *("-append", "console=ttyS0 panic=-1 mitigations=off net.ifnames=0"),
            *("-drive", root, "-device", "virtio-blk-pci,drive=root,serial=ROOT"),
            *("-netdev", forward, "-device", "virtio-net-pci,netdev=n0,romfile="),
            *("-device", "virtio-rng-pci", "-qmp", f"unix:{self._sockets}/qmp,server=on,wait=off"),
            *self._disk_arguments(),
        ]

    def _start(self, timeout: float) -> None:
        """Start QEMU and wait until sshd greets."""
        began = time.monotonic()
        log = self.directory / "qemu.log"
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                self._arguments(), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
        while time.monotonic() - began < timeout:
            if self._process.poll() is not None:
                raise BedError(f"QEMU ended: {log.read_text(errors='replace')}")
            if self._greets():
                self.boot_seconds = time.monotonic() - began
                return
            time.sleep(0.2)
        serial = (self.directory / "serial.log").read_text(errors="replace")
        raise BedError(f"the guest gave no ssh greeting within {timeout:g} s; console:\n{serial[-2000:]}")

    def _greets(self) -> bool:
        """Whether an ssh server answers on the forwarded port."""
        with contextlib.suppress(OSError), socket.create_connection((self.host, self.port), 2) as connection:
            connection.settimeout(2)
            return connection.recv(4) == b"SSH-"
        return False

    def ssh(self, user: str, command: str | Sequence[str], timeout: float = 60) -> Answer:
        """Run a command inside as ``user``, over one kept connection a user."""
        options = {
            "BatchMode": "yes",
            "IdentitiesOnly": "yes",
            "UserKnownHostsFile": str(self.known_hosts),
            "StrictHostKeyChecking": "yes",
            "LogLevel": "ERROR",
            "ControlMaster": "auto",
            "ControlPath": f"{self._sockets}/{user}",
            "ControlPersist": "60",
        }
        argv = ["ssh", "-F", "none", "-i", str(self.key), "-p", str(self.port)]
        argv += [part for key, value in options.items() for part in ("-o", f"{key}={value}")]
        argv += [f"{user}@{self.host}", "--", shell_text(command)]
        done = subprocess.run(argv, capture_output=True, timeout=timeout, stdin=subprocess.DEVNULL)
        return Answer(done.returncode, done.stdout, done.stderr)

    def run(self, command: str | Sequence[str], timeout: float = 60) -> Answer:
        """Run a command inside as root."""
        return self.ssh("root", command, timeout)

    def allow_sudo(self, rule: str | None) -> None:
        """Give ``auditor`` a sudoers rule such as ``ALL=(root) NOPASSWD: ALL``, or take it away (None)."""
        path = "/etc/sudoers.d/auditor"
        if rule is None:
            must(self, ["rm", "-f", path])
        else:
            line = shell_text(["auditor " + rule])
            must(self, f"umask 227; rm -f {path}; echo {line} >{path} && visudo -cf {path}")

    def qmp(self, command: str, **arguments: object) -> object:
        """Run one command of QEMU's monitor and return its answer."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(f"{self._sockets}/qmp")
            stream = connection.makefile("rw")
            stream.readline()
            answer: dict[str, object] = {}
            for request in ({"execute": "qmp_capabilities"}, {"execute": command, "arguments": arguments}):
                stream.write(json.dumps(request) + "\n")
                stream.flush()
                answer = json.loads(stream.readline())
                while "event" in answer:
                    answer = json.loads(stream.readline())
        if "error" in answer:
            raise BedError(f"{command}: {answer['error']}")
        return answer["return"]

    def warn_nvme(self, serial: str, bits: int) -> None:
        """Set the critical warning bits of an emulated NVMe disk while it runs."""
        path = f"/machine/peripheral/{serial.lower()}"
        self.qmp("qom-set", path=path, property="smart_critical_warning", value=bits)

    def _stop(self) -> None:
        """End the kept connections and our QEMU process."""
        for control in Path(self._sockets).iterdir() if self._sockets else ():
            if control.name != "qmp":
                command = ["ssh", "-F", "none", "-o", f"ControlPath={control}", "-O", "exit", "guest"]
                subprocess.run(command, capture_output=True)
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self._sockets, ignore_errors=True)
