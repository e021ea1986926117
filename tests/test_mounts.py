"""Mounts and their space: what is asked of whom, and how two answers become one fact."""

from __future__ import annotations

from collections.abc import Callable

from collectors.block_tables import FsUsage
from collectors.collector import COLLECTORS, load
from collectors.fact import Fact, Gap
from collectors.file_system_types import holds_data, over_network, source_holds_data
from collectors.plain_text import octal_unescaped, size_bytes, whole_number
from collectors.question import Answer, Question
from collectors.reading import read_target

load()

MOUNTED = r"""22 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw,errors=remount-ro
40 22 0:44 / /srv/nfs rw,relatime - nfs4 filer:/export/vol1 rw,hard
41 22 0:45 / /srv/b\040c rw,relatime - cifs //filer/share rw
42 22 0:46 / /srv/d(e) rw,relatime - nfs4 filer:/export/vol2 rw,hard
"""
SPACE = "Filesystem Type 1-blocks Used Available Capacity Mounted on\n/dev/sda2 ext4 1000 600 300 67% /\n"
PLAIN = "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sda2 1000 600 300 67% /\n"
INODES = "Filesystem Type Inodes IUsed IFree IUse% Mounted on\n/dev/sda2 ext4 100 40 60 40% /\n"


class Told:
    """A target with canned answers; what it has none for is not there."""

    name = "store"

    def __init__(self, answers: dict[str, str | Callable[[Question], Answer]]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def answer(self, question: Question) -> Answer:
        self.asked.append(str(question))
        told = self.answers.get(str(question))
        if told is None:
            return Answer(question, refusal="tool-missing", detail="not there")
        return Answer(question, stdout=told.encode(), status=0) if isinstance(told, str) else told(question)


def failing(stderr: str) -> Callable[[Question], Answer]:
    return lambda question: Answer(question, stderr=stderr.encode(), status=1)


def late(question: Question) -> Answer:
    return Answer(question, refusal="timed-out", detail="no answer within 10 s")


def test_a_server_that_is_gone_leaves_a_gap_and_the_rest_is_told() -> None:
    store = Told(
        {
            "cat /proc/self/mountinfo": MOUNTED,
            "df -l -P -B1 -T": SPACE,
            "df -l -P -i -T": INODES,
            "df -P -B1 -T /srv/nfs": late,
            "df -P -B1 -T /srv/b c": SPACE.replace("/dev/sda2 ext4", "//filer/share cifs").replace(
                " /\n", " /srv/b c\n"
            ),
        }
    )
    told = list(read_target(store, [COLLECTORS["file-systems"]]))
    usage = {
        one.row.mountpoint: one for one in told if isinstance(one, Fact) and isinstance(one.row, FsUsage)
    }
    assert set(usage) == {"/", "/srv/b c"}
    assert usage["/"].row.inodes_used == 40
    assert usage["/"].row.used_bytes == 600
    assert [str(source.origin) for source in usage["/"].sources] == ["df -l -P -B1 -T", "df -l -P -i -T"]
    gaps = {(gap.reason, gap.subject or gap.detail) for gap in told if isinstance(gap, Gap)}
    assert ("not-asked", "/srv/d(e)") in gaps
    assert any(reason == "timed-out" and "/srv/nfs" in about for reason, about in gaps)


def test_a_df_that_knows_less_is_asked_in_older_words() -> None:
    store = Told(
        {
            "cat /proc/self/mountinfo": MOUNTED.splitlines()[0] + "\n",
            "df -l -P -B1 -T": failing("df: unrecognized option: l\nUsage: df [-Pk]\n"),
            "df -P -k": PLAIN,
        }
    )
    told = list(read_target(store, [COLLECTORS["file-systems"]]))
    (usage,) = [one.row for one in told if isinstance(one, Fact) and isinstance(one.row, FsUsage)]
    assert usage.size_bytes == 1024000
    assert not any(isinstance(one, Gap) for one in told)


def test_without_proc_psutil_or_mount_tell() -> None:
    no_proc = failing("cat: /proc/self/mountinfo: No such file or directory\n")
    store = Told(
        {
            "cat /proc/self/mountinfo": no_proc,
            "mount": "/dev/disk1s1 on / (apfs, local, journaled)\n",
            "df -P -k": PLAIN,
        }
    )
    told = list(read_target(store, [COLLECTORS["file-systems"]]))
    assert sorted(one.row.TABLE for one in told if isinstance(one, Fact)) == ["fs_usage", "mount"]
    assert "df -l -P -B1 -T" not in store.asked


def test_what_holds_data() -> None:
    assert holds_data("ext4", "/")
    assert holds_data("overlay", "/")
    assert not holds_data("overlay", "/var/lib/docker/overlay2/x/merged")
    assert not holds_data("tmpfs", "/run")
    assert not holds_data("squashfs", "/snap/core/1")
    assert source_holds_data("/dev/sda1", "/srv")
    assert not source_holds_data("map auto_home", "/home")
    assert over_network("nfs4", "filer:/export")
    assert over_network("fuse", "me@filer:/home")
    assert not over_network("ext4", "/dev/disk/by-path/pci-0000:00:1f.2-ata-1")


def test_words() -> None:
    assert size_bytes("3.7T") == round(3.7 * 1024**4)
    assert size_bytes("1,5G") == 1536 * 1024**2
    assert size_bytes("11Gi") == 11 * 1024**3
    assert size_bytes("0B") == 0
    assert size_bytes("-") is None
    assert octal_unescaped(r"/a\040b\134c") == r"/a b\c"
    assert whole_number("9" * 21) is None
