"""The command line. Commands are loaded when they are run, so that `--help` stays quick."""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import sys
from typing import Any

import click

from holdwater import __version__, stopping

COMMANDS = {
    "audit": "Collect, judge and report: this machine, or the targets named.",
    "collect": "Ask the targets everything and write one evidence bundle.",
    "analyze": "Judge a bundle: findings, blind spots and grade.",
    "report": "Write a report of a bundle: HTML, PDF, XLSX, CSV, SARIF, metrics …",
    "read": "Read saved tool outputs (smartctl, mdstat, lsblk …) and judge them.",
    "show": "Show a table of a bundle or of the latest audit.",
    "tables": "List the tables, or the columns of one.",
    "rules": "List the rules, or describe one.",
    "assets": "Every system: can it be restored, losing how much, by when.",
    "why": "The whole argument for the verdict on one system, in words.",
    "coverage": "What nobody has declared, what no copy holds, copies of nobody.",
    "recovery-plan": "In which order systems come back after a total loss, and when.",
    "explain": "Why a rule says what it says of a subject: row, limits, verdict, raw answer.",
    "plan": "Every command that would run, the right it needs, and a sudoers snippet.",
    "doctor": "What this machine can and cannot see, and how to mend it.",
    "query": "Ask the store in SQL, or by a name: all tables, all audits.",
    "find": "Find a text in all tables: names, serials, paths, messages.",
    "top": "What matters most now, one line each.",
    "diff": "What changed between two audits: new, worse, better, fixed, no longer looked at.",
    "history": "Grades of every site over time.",
    "serve": "Show all sites and their history as a web page on this machine only.",
    "store": "Rebuild, pack, prune or verify the store of all audits.",
    "waive": "Leave a fault for a time: who, why, until when, in site.toml.",
    "mail": "Send the management page of an audit by mail.",
    "schedule": "Audit regularly: install, show, run or remove a timer.",
    "bundle": "Verify, list or extract an evidence bundle.",
    "init": "Write a commented site.toml.",
    "completion": "Print the shell completion script.",
}
"""Name and one line for each command; module `holdwater.commands.NAME` holds the command `NAME`."""

EPILOG = """\b
First steps:
  holdwater audit                          this machine: report, findings, evidence
  holdwater audit ssh://root@server1       another one, over SSH; nothing is installed there
  smartctl -x /dev/sda | holdwater read -  judge one saved output
  holdwater show filesystem --where "free_percent < 20"
  holdwater plan                           see every command before anything runs

\b
Exit status: 0 fine, 1 findings at or above --fail-on, 2 could not run; 141 if nobody reads the output."""


class Lazy(click.Group):
    """A group whose commands are imported when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = cmd_name.replace("-", "_")
        command = getattr(importlib.import_module(f"holdwater.commands.{module}"), module)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Lazy, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="holdwater")
def cli() -> None:
    """holdwater: can it be restored, by when, losing how much, and what is the proof?

    Collects the evidence about storage, snapshots and backups, read-only, judges it by published rules and
    says what holds water. What could not be examined is said as loudly as what failed.
    """


def main(argv: list[str] | None = None, **extra: Any) -> None:
    """Entry point of the program: whatever goes wrong ends in one line on stderr and status 2."""
    output = sys.stdout
    try:
        with stopping.as_by_hand():
            status = cli.main(args=argv, prog_name="holdwater", standalone_mode=False, **extra)
            sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        status = _ended("interrupted")
    except BrokenPipeError:
        status = _unread()
    except SystemExit:
        if sys.stdout is output:
            raise
        # nobody reads on: click mutes its output then, and ends with the status of "findings"
        status = _unread()
    except OSError as error:
        status = _ended(f"{error.filename or 'the output'}: {error.strerror or error}")
    except MemoryError:
        status = _ended("not enough memory; audit fewer targets at once")
    except Exception as error:
        if os.environ.get("HOLDWATER_TRACEBACK"):
            raise
        told = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        status = _ended(
            f"a fault of holdwater itself, please report it: {told}"
            " (HOLDWATER_TRACEBACK=1 shows where it happened)"
        )
    raise SystemExit(status or 0)


def _ended(message: str) -> int:
    with contextlib.suppress(OSError):
        click.echo(f"Error: {message}", err=True)
    _silenced()
    return 2


def _unread() -> int:
    """Nobody reads on: neither fine nor findings, but what a program is told to have ended of (`| head`)."""
    _silenced()
    return 128 + signal.SIGPIPE


def _silenced() -> None:
    """Nobody reads on, or it cannot be written: what is still buffered goes nowhere, without complaint."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
