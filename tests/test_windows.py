"""Windows hosts: an SSH server whose shell is cmd, recognised and asked in PowerShell only."""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path

import asyncssh
import pytest

from analyzer.engine import judge
from analyzer.site import Site
from collectors.asking import ask_all
from collectors.block_tables import MdStatus
from collectors.bundle import Bundle, BundleWriter
from collectors.collector import COLLECTORS, load, meant_for
from collectors.drive_tables import Drive
from collectors.fact import Absent, Fact, Gap
from collectors.question import Answer, Question
from collectors.reading import read_target
from collectors.targets.ssh import SshTarget
from collectors.targets.ssh_command import windows_command
from tests.derived_sites import AT
from tests.sshd import free_port

FIXTURES = Path(__file__).parent.parent / "fixtures" / "collectors"

load()
ASKS = (*COLLECTORS["windows"].asks, *COLLECTORS["hyperv"].asks)
"""All that is asked of Windows; a host without Hyper-V is asked only whether it has it."""


class Cmd:
    """What cmd.exe of a server with a failing disk says to a command line."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def said(self, line: str) -> tuple[bytes, bytes, int]:
        self.heard.append(line)
        if line == "cmd /c ver":
            return b"\r\nMicrosoft Windows [Versi\xa2n 10.0.20348.2227]\r\n", b"", 0
        if not line.startswith("powershell "):
            word = line.split()[0].encode()
            return b"", b"'" + word + b"' is not recognized as an internal or external command,\r\n", 1
        script = base64.b64decode(line.split()[-1]).decode("utf-16-le")
        for form in ASKS:
            if form.argv[-1] == script:
                case = "sick-none" if form.reads == "hyperv-here" else "sick"
                return (FIXTURES / form.reads / case / "answer.out").read_bytes(), b"", 0
        return b"", b"", 1


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    (tmp_path / ".ssh").mkdir(mode=0o700)
    return tmp_path


@pytest.fixture
def cmd() -> Cmd:
    return Cmd()


async def _serve(home: Path, cmd: Cmd) -> tuple[asyncssh.SSHAcceptor, SshTarget]:
    host_key, client_key = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    port = free_port()
    public = host_key.export_public_key().decode().strip()
    (home / ".ssh" / "known_hosts").write_text(f"[127.0.0.1]:{port} {public}\n")
    client_key.write_private_key(str(home / ".ssh" / "id_ed25519"))
    (home / ".ssh" / "id_ed25519").chmod(0o600)
    (home / "authorized").write_bytes(client_key.export_public_key())

    def run(process: asyncssh.SSHServerProcess[bytes]) -> None:
        out, err, status = cmd.said(process.command or "")
        process.stdout.write(out)
        process.stderr.write(err)
        process.exit(status)

    server = await asyncssh.listen(
        "127.0.0.1",
        port,
        server_host_keys=[host_key],
        authorized_client_keys=str(home / "authorized"),
        process_factory=run,
        encoding=None,
    )
    return server, SshTarget(f"ssh://auditor@127.0.0.1:{port}", name="files01")


class Kept:
    """The answers of one target, as a bundle would give them back."""

    def __init__(self, name: str, about: dict[str, str]) -> None:
        self.name, self.about = name, about
        self.answers: dict[tuple[str, ...], Answer] = {}

    def record(self, _: str, answer: Answer) -> Answer:
        self.answers[answer.question.argv] = answer
        return answer

    def answer(self, question: Question) -> Answer:
        return self.answers.get(question.argv, Answer(question, refusal="not-asked"))


async def _audited(home: Path, cmd: Cmd) -> tuple[str, Kept]:
    server, target = await _serve(home, cmd)
    async with server:
        reason = await target.reach()
        kept = Kept(target.name, target.about)
        if not reason:
            await ask_all(target, load().values(), kept.record)
        await target.close()
    return reason, kept


def test_windows_is_recognised_and_asked_nothing_of_linux(home: Path, cmd: Cmd) -> None:
    reason, kept = asyncio.run(_audited(home, cmd))
    assert reason == ""
    assert kept.about["system"] == "windows"
    assert kept.about["system_version"] == "10.0.20348.2227"
    assert {question[0] for question in kept.answers} == {"powershell"}
    assert len(kept.answers) == len(COLLECTORS["windows"].asks) + 1
    # one try of a Unix shell, then what it is, then the questions
    assert len(cmd.heard) == 2 + len(kept.answers)


def test_a_windows_host_is_judged_like_any_other(home: Path, cmd: Cmd) -> None:
    _, kept = asyncio.run(_audited(home, cmd))
    told = list(read_target(kept, load().values()))
    assert not [one for one in told if isinstance(one, Gap) and one.table is not Drive]
    site = Site("test", AT, targets=("files01",))
    site.add(told)
    found = {f.rule: f for f in judge(site).findings if f.outcome == "fail"}
    for rule in ("raid/spaces-health", "raid/spaces-reserve", "fs/ntfs-dirty", "fs/ntfs-events"):
        assert rule in found
    assert "fs/vss-storage" in found
    assert "smart/overall-failed" in found
    assert "capacity/used" in found
    assert not [f for f in judge(site).findings if f.outcome == "error"]


def test_a_host_that_is_neither_is_unreachable_with_a_reason(home: Path, cmd: Cmd) -> None:
    cmd.said = lambda line: (b"", b"Unknown command\r\n", 1)
    reason, kept = asyncio.run(_audited(home, cmd))
    assert "commands cannot be run there" in reason
    assert "system" not in kept.about


def test_linux_hosts_are_not_asked_for_powershell() -> None:
    for one in meant_for(load().values(), {}):
        assert not any(form.argv[0] == "powershell" for form in one.asks), one.name
    assert [one.name for one in meant_for(load().values(), {"system": "windows"})] == ["hyperv", "windows"]


@pytest.mark.parametrize("form", ASKS, ids=lambda form: form.reads)
def test_command_lines_mean_the_same_to_cmd_and_powershell(form: object) -> None:
    question = next(f for f in ASKS if f is form)()
    line = windows_command(question)
    assert len(line) < 8000, "cmd takes 8191 characters"
    assert not set(line) & set("\"'$%^&|<>()`;")
    assert base64.b64decode(line.split()[-1]).decode("utf-16-le") == question.argv[-1]


@pytest.mark.parametrize("form", ASKS, ids=lambda form: form.reads)
def test_scripts_only_read(form: object) -> None:
    script = next(f for f in ASKS if f is form).argv[-1]
    verbs = {
        word.partition("-")[0]
        for word in script.replace("(", " ").replace("|", " ").replace(";", " ").split()
    }
    assert not verbs & {"Set", "Remove", "Reset", "Repair", "Invoke", "Start", "Stop", "Clear", "Format"}
    for opening, closing in ("()", "{}", "[]"):
        assert script.count(opening) == script.count(closing)
    assert script.count("'") % 2 == 0


def test_no_rights_are_a_gap_and_never_absence() -> None:
    nothing = json.dumps({"admin": False, "items": [], "errors": []}).encode()
    kept = Kept("files01", {"system": "windows"})
    for form in ASKS:
        kept.record("files01", Answer(form(), stdout=nothing, status=0))
    told = list(read_target(kept, load().values()))
    assert not [one for one in told if isinstance(one, Fact | Absent)]
    assert {one.reason for one in told if isinstance(one, Gap)} == {"denied"}


def test_an_unfinished_bundle_still_knows_that_it_was_windows(tmp_path: Path) -> None:
    """The folder of answers was written, the end of the file was not: the machine lost its power."""
    writer = BundleWriter(tmp_path / "a.evidence.zip", site="s", tool="t", at=AT)
    writer.open_target("files01", "ssh", "ssh://files01")
    host = COLLECTORS["windows"].asks[0]
    raw = (FIXTURES / host.reads / "healthy" / "answer.out").read_bytes()
    writer.add("files01", Answer(host(), stdout=raw, status=0, started_at=AT))
    raw = writer.finish().read_bytes()
    (tmp_path / "killed.zip").write_bytes(raw[: raw.rindex(b"PK\x03\x04")])
    with Bundle(tmp_path / "killed.zip", salvage=True) as bundle:
        told = list(read_target(bundle.target("files01"), load().values()))
    assert any(isinstance(one, Fact) and getattr(one.row, "hostname", "") == "FILES01" for one in told)
    assert not any(isinstance(one, Gap) and one.table is MdStatus for one in told)
