"""What goes wrong where a person types: each time one line that says what to do, and what was collected kept.

Run as a program of its own, as a shell would.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from holdwater.cli import main

ROOT = Path(__file__).parent.parent
BUNDLES = ROOT / "fixtures" / "bundles"
OUTPUTS = ROOT / "fixtures" / "collectors"
HANGS = "#!/bin/sh\nexec sleep 60\n"
TEXT_ONLY = f"""#!/bin/sh
case "$*" in
*--json*) echo 'smartctl 6.6 2017-11-05 r4594 [x86_64-linux] (local build)'
          echo '=======> UNRECOGNIZED OPTION: json=cu'; exit 1;;
*--scan*) echo '/dev/sda -d sat # /dev/sda [SAT], ATA device';;
*) cat {OUTPUTS}/smartctl-text/sick-ata/answer.out;;
esac
"""


class Run:
    """What a command said; never a traceback, and of an error one line."""

    def __init__(self, status: int, out: str, err: str) -> None:
        assert "Traceback" not in out + err
        self.status, self.out, self.err = status, out, err

    @property
    def error(self) -> str:
        """The one line of an error."""
        lines = [line for line in self.err.splitlines() if line.startswith("Error: ")]
        assert self.status == 2, self.err
        assert len(lines) == 1, self.err
        return lines[0]


def holdwater(*words: object, folder: Path, first: Path | None = None, stdout: object = None) -> Run:
    """Run the command in *folder*, with the tools of *first* before all others."""
    done = subprocess.run(
        _command(*words),
        cwd=folder,
        env=_environment(first),
        capture_output=stdout is None,
        stdin=subprocess.DEVNULL,
        check=False,
        timeout=120,
    )
    return Run(done.returncode, (done.stdout or b"").decode(), (done.stderr or b"").decode())


def _command(*words: object) -> list[str]:
    return [sys.executable, "-m", "holdwater", *map(str, words)]


def _environment(first: Path | None) -> dict[str, str]:
    path = os.environ.get("PATH", "")
    return os.environ | {"PYTHONPATH": str(ROOT), "PATH": f"{first}:{path}" if first else path}


def tool(folder: Path, name: str, script: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(script)
    (folder / name).chmod(0o755)
    return folder


def interrupted(
    *words: object, folder: Path, first: Path, when: Path, by: signal.Signals, ignored: bool
) -> Run:
    """The command, sent a signal a moment after a file that matches *when* has come up.

    *ignored*: as a job in the background, which SIGINT does not end.
    """
    process = subprocess.Popen(
        _command(*words),
        cwd=folder,
        env=_environment(first),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN if ignored else signal.SIG_DFL),
    )
    until = time.monotonic() + 30
    while not list(when.parent.glob(when.name)) and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(1.5)
    process.send_signal(by)
    out, err = process.communicate(timeout=30)
    return Run(process.returncode, out.decode(), err.decode())


@pytest.mark.parametrize(
    ("by", "ignored"),
    [(signal.SIGINT, False), (signal.SIGTERM, False), (signal.SIGTERM, True), (signal.SIGHUP, True)],
    ids=["control-c", "stopped", "stopped-in-background", "terminal-gone"],
)
def test_an_end_from_outside_while_a_tool_hangs_keeps_what_was_answered(
    by: signal.Signals, ignored: bool, tmp_path: Path
) -> None:
    first = tool(tmp_path / "bin", "df", HANGS)
    begun = tmp_path / "out" / "*.partial"
    run = interrupted("audit", "-o", "out", folder=tmp_path, first=first, when=begun, by=by, ignored=ignored)
    assert "interrupted; what was answered is kept in out/" in run.error
    (bundle,) = (tmp_path / "out").glob("*.evidence.zip")
    assert not list((tmp_path / "out").glob("*.partial"))
    judged = holdwater("analyze", bundle, "--json", "--fail-on", "never", folder=tmp_path)
    reasons = {gap["reason"] for gap in json.loads(judged.out)["gaps"]}
    assert "interrupted" in reasons


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("#!/bin/sh\nhead -c 50000 /dev/urandom\n", "unreadable"),
        (f"#!/bin/sh\nhead -c 3000 {OUTPUTS}/smartctl-json/sick-ata/answer.out\n", "unreadable"),
        ("#!/bin/sh\nyes '{ \"device\": 1' | head -c 40000000\n", "truncated"),
    ],
    ids=["garbage", "cut-short", "flood"],
)
def test_what_a_tool_says_amiss_is_a_gap(script: str, reason: str, tmp_path: Path) -> None:
    first = tool(tmp_path / "bin", "smartctl", script)
    run = holdwater("audit", "-o", "out", "--json", "--fail-on", "never", folder=tmp_path, first=first)
    told = json.loads(run.out)
    assert run.status == 0, run.err
    assert reason in {gap["reason"] for gap in told["gaps"] if gap["table"].startswith("drive")}
    assert told["score"]["grade"] not in ("A+", "A", "B")


def test_garbage_of_thousands_of_lines_is_few_gaps(tmp_path: Path) -> None:
    first = tool(tmp_path / "bin", "cat", "#!/bin/sh\nyes '{<%$' | head -c 200000\n")
    run = holdwater("audit", "-o", "out", "--json", "--fail-on", "never", folder=tmp_path, first=first)
    gaps = [gap for gap in json.loads(run.out)["gaps"] if gap["table"] == "swap_area"]
    assert 10 < len(gaps) < 40
    assert any(re.fullmatch(r"\d{4,} more lines are not understood", gap["detail"]) for gap in gaps)


def test_collecting_says_what_is_missing_and_what_to_do(tmp_path: Path) -> None:
    first = tool(tmp_path / "bin", "lsblk", "#!/bin/sh\nyes '{ \"device\": 1' | head -c 40000000\n")
    run = holdwater("collect", "-o", "a.evidence.zip", folder=tmp_path, first=first)
    assert run.status == 0
    assert re.search(r"\d answers? missing: answer cut short; run it there by hand", run.err)
    run = holdwater("audit", "a.evidence.zip", "-o", "out", "--fail-on", "never", folder=tmp_path)
    assert "run it there by hand to see what prints so much" in " ".join(run.out.split())


def test_smartctl_without_json_is_read_as_text(tmp_path: Path) -> None:
    first = tool(tmp_path / "bin", "smartctl", TEXT_ONLY)
    run = holdwater("audit", "-o", "out", "--json", folder=tmp_path, first=first)
    assert run.status == 1, run.err
    assert "smart/pending-sectors" in {f["rule"] for f in json.loads(run.out)["findings"]}


def test_a_clock_years_off_is_said_before_anything_else(tmp_path: Path) -> None:
    first = tool(tmp_path / "bin", "date", "#!/bin/sh\necho '631152000.1 host'\n")
    run = holdwater("audit", "-o", "out", "--fail-on", "never", folder=tmp_path, first=first)
    doubt = re.search(
        r"Ages and dates are in doubt: \S+ its clock is \d+\.\d years behind", " ".join(run.out.split())
    )
    assert doubt, run.out
    assert run.out.index("in doubt") < run.out.index("Worst findings")
    (page,) = (tmp_path / "out").glob("*.html")
    assert page.read_text().count("Ages and dates are in doubt") == 1


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A folder with no more than 12 kB of room."""
    place = tmp_path / "full"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12k", "none", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("cannot mount a small file system here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=False)


def test_disk_full_keeps_the_evidence(full: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "a.evidence.zip"
    shutil.copy(BUNDLES / "md-healthy.evidence.zip", bundle)
    run = holdwater("audit", bundle, "-o", full, folder=tmp_path)
    assert "No space left on device; the evidence is whole: holdwater audit" in run.error
    run = holdwater("report", bundle, "-o", full / "a.html", folder=tmp_path)
    assert "a.html could not be written: No space left on device" in run.error
    assert list(full.iterdir()) == []
    run = holdwater("collect", "-o", full, folder=tmp_path)
    assert "what was collected so far is kept in" in run.error
    assert "salvage" in run.error


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_standard_output_is_told(tmp_path: Path) -> None:
    with open("/dev/full", "w") as out:
        done = subprocess.run(
            _command("rules", "--json"),
            env=_environment(None),
            stdout=out,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert Run(done.returncode, "", done.stderr.decode()).error.endswith("No space left on device")


@pytest.mark.parametrize("words", [("rules",), ("show", "drive", "--json"), ("audit",), ("audit", "--json")])
def test_a_reader_that_goes_away_is_no_error(words: tuple[str, ...], tmp_path: Path) -> None:
    """Status of what SIGPIPE ends, as after `cat | head`: neither fine nor findings; and all is written."""
    bundle = BUNDLES / "drives.evidence.zip"
    given = () if words[0] == "rules" else (bundle,)
    folder = ("-o", tmp_path) if words[0] == "audit" else ()
    unread, writing = os.pipe()
    os.close(unread)
    with open(writing, "w") as out:
        done = subprocess.run(
            _command(*words, *given, *folder),
            env=_environment(None),
            stdout=out,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (141, b"")
    if words[0] == "audit":
        assert sorted(one.name for one in tmp_path.iterdir()) == ["drives.html", "drives.json", "store"]


def test_output_goes_where_it_is_wanted(tmp_path: Path) -> None:
    bundle = tmp_path / "kept" / "a.evidence.zip"
    bundle.parent.mkdir()
    shutil.copy(BUNDLES / "md-healthy.evidence.zip", bundle)
    holdwater("audit", bundle, "-o", "new/folder", "--fail-on", "never", folder=tmp_path)
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == [
        "a.html",
        "a.json",
        "store",
    ]
    assert [path.name for path in bundle.parent.iterdir()] == ["a.evidence.zip"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("audit", "root@server"), "say ssh://root@server"),
        (("audit", "a.evidence.zip", "b.evidence.zip"), "is judged by itself: holdwater audit a.evidence"),
        (("audit", "old.evidence.zip", "ssh://root@server"), "name only the others to ask them now"),
        (("audit", "http://server"), "is no target"),
        (("audit", "-o", "/proc/nowhere"), "choose another folder with -o"),
        (("analyze", "nothing.evidence.zip"), "no such file"),
        (("read", "."), "is a folder; holdwater audit . reads"),
        (("read", BUNDLES / "drives.evidence.zip"), "is an evidence bundle; holdwater audit"),
        (("read", "--as", "smartctl", "saved.txt"), "`holdwater read --kinds` lists them"),
        (("read", "saved.txt"), "say --as KIND"),
        (("read", "--as", "mdstat", "saved.txt"), "nothing of it could be read as mdstat"),
        (
            ("show", "drive", BUNDLES / "md-healthy.evidence.zip", "--columns", "seriel"),
            "did you mean serial?",
        ),
        (
            ("show", "drive", BUNDLES / "md-healthy.evidence.zip", "--where", "seriel > 1"),
            "did you mean serial?",
        ),
        (("show", "drive", BUNDLES / "md-healthy.evidence.zip", "--where", "serial >"), "not an expression"),
        (("plan", "--sudoers", "a b; ALL"), "is no name of a user"),
        (("rules", "smart/pending-sector"), "did you mean smart/pending-sectors?"),
        (
            ("analyze", BUNDLES / "drives.evidence.zip", "-c", "site.toml"),
            "site.toml: capacity/used has no limit",
        ),
    ],
    ids=lambda value: (
        "-".join(str(one).rpartition("/")[2] for one in value) if isinstance(value, tuple) else ""
    ),
)
def test_one_line_that_says_what_to_do(
    words: tuple[object, ...],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "saved.txt").write_text("nothing that a tool would say\n" * 3)
    if "site.toml" in words:
        (tmp_path / "site.toml").write_text('[limits."capacity/used"]\nhihg = 8\n')
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    told = capsys.readouterr()
    assert said in Run(int(ended.value.code or 0), told.out, told.err).error


def test_a_bundle_that_was_tampered_with(tmp_path: Path) -> None:
    whole, tampered = BUNDLES / "md-degraded.evidence.zip", tmp_path / "t.evidence.zip"
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(tampered, "w") as new:
        new.comment = old.comment
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"[_U]", b"[UU]"))
    assert "was changed after collection" in holdwater("audit", tampered, folder=tmp_path).error
    run = holdwater("bundle", "verify", tampered, folder=tmp_path)
    assert run.status == 1
    assert "Problem(" not in run.out


def test_saved_by_an_editor_on_windows_without_a_mark(tmp_path: Path) -> None:
    text = (OUTPUTS / "smartctl-text" / "sick-ata" / "answer.out").read_text()
    (tmp_path / "a.txt").write_bytes(text.replace("\n", "\r\n").encode("utf-16-le"))
    run = holdwater("read", "a.txt", "--json", folder=tmp_path)
    assert run.status == 1, run.err
    assert json.loads(run.out)["kind"] == "smartctl-text"


def test_hosts_that_are_not_reached_pass_nothing(tmp_path: Path) -> None:
    run = holdwater(
        "audit", "ssh://root@127.0.0.1:1", "ssh://root@127.0.0.1:2", "-o", "out", "--json", folder=tmp_path
    )
    told = json.loads(run.out)
    assert run.status == 2
    assert run.err.count("was not reached") == 2
    assert told["score"]["grade"] == "U"
    assert told["counts"]["pass"] == 0


def test_a_file_too_large_to_be_read_whole(tmp_path: Path) -> None:
    with (tmp_path / "messages").open("wb") as file:
        file.truncate(513 << 20)
    assert "audit the folder it lies in" in holdwater("read", "messages", folder=tmp_path).error
