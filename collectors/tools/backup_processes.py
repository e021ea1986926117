"""Backup products whose programs run on a host, by the kernel's names of processes: proc(5), comm."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.backup_sign_tables import BackupSign
from collectors.backup_signs import KERNEL_NAMES
from collectors.collector import Asking, collector, reader
from collectors.fact import Missing, NotHere, Reading
from collectors.plain_text import file_lines
from collectors.question import Answer, Form

# the first process is wanted too: who sees its name sees those of all
PROCESSES = Form(
    (
        *("grep", "-aHE", rf"^({'|'.join(KERNEL_NAMES)})$|^Pid:[[:space:]]1$"),
        *("/proc/1/status", "/proc/[0-9]*/comm"),
    ),
    reads="backup-processes",
    why="Whether an agent or server of a backup product runs here",
    expand=True,
)


@collector("backup-processes", asks=(PROCESSES,))
def ask() -> Asking:
    """Programs of backup products that run"""
    yield (PROCESSES(),)


@reader("backup-processes", fills=(BackupSign,), recognises=lambda text: 0.0)
def read(answer: Answer) -> Iterator[Reading]:
    """programs of backup products that run"""
    found: dict[str, str] = {}
    seen = False
    for _, path, line in file_lines(answer):
        name = line.strip()
        seen |= path == "/proc/1/status"
        if path != "/proc/1/status" and name in KERNEL_NAMES:
            found.setdefault(KERNEL_NAMES[name], name)
    for product, name in found.items():
        yield BackupSign(product=product, kind="process", where=name)
    if not seen:
        denied = bool(found) or "ermission" in answer.complaint
        detail = answer.complaint or "the processes of others cannot be seen"
        yield Missing(BackupSign, "denied" if denied else "failed", detail)
    elif not found:
        yield NotHere(BackupSign, "no program of a backup product runs")
