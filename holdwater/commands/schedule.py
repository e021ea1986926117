"""`holdwater schedule`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from holdwater import options
from holdwater.errors import CannotRun

if TYPE_CHECKING:
    from holdwater.running import Place
    from holdwater.site_file import SiteFile
    from holdwater.units import Job

UNITS = Path("/etc/systemd/system")
CRON = Path("/etc/cron.d")
STATE = Path("/var/lib/holdwater")


@click.group(
    epilog="""\b
Examples:
  holdwater schedule install -c site.toml                 a systemd service and timer
  holdwater schedule install --cron --at "daily 05:00"    a line in /etc/cron.d
  holdwater schedule install --windows > task.xml         for schtasks
  holdwater schedule run -c site.toml                     what they run, now"""
)
def schedule() -> None:
    """Audit a site regularly, and be told: by mail, by webhook, and by silence being noticed."""


@schedule.command(
    epilog="""\b
Examples:
  holdwater schedule install -c /etc/holdwater/site.toml
  holdwater schedule install -c site.toml --at "Mon,Thu 18:30" --folder look/   only written, to be read"""
)
@options.config
@click.option("--at", help='When: "Mon 06:00", "Mon,Thu 18:30", "daily 05:00"; default: from site.toml.')
@click.option("--cron", is_flag=True, help="A line in /etc/cron.d instead of a systemd timer.")
@click.option(
    "--windows", is_flag=True, help="Print the XML of a Windows task and the command that takes it."
)
@click.option("--folder", type=click.Path(path_type=Path), help=f"Write there; default: {UNITS} or {CRON}.")
@options.as_json
def install(
    config: Path | None, at: str | None, cron: bool, windows: bool, folder: Path | None, as_json: bool
) -> None:
    """Write what runs `holdwater schedule run` regularly, and start it."""
    from holdwater import units
    from reports import json

    job, settings = _job(config, at)
    if settings.mail is None and not settings.webhooks:
        click.echo("Note: site.toml has neither [mail] nor [[webhooks]]: nobody will be told.", err=True)
    if windows:
        task = units.windows_task(job)
        click.echo(json.dumps({"task": task}) if as_json else task, nl=as_json)
        command = f'schtasks /Create /TN "holdwater {job.name}" /XML task.xml'
        click.echo(f"Save this as task.xml, in UTF-16, and run as administrator: {command}", err=True)
        return
    files = {f"holdwater-{job.name}": units.cron_line(job)} if cron else units.units(job)
    place = folder or (CRON if cron else UNITS)
    _folder(job.audits)
    for name, text in files.items():
        _write(place / name, text)
    timer = f"holdwater-{job.name}.timer"
    started = not cron and _start(timer, place)
    paths = [str(place / name) for name in files]
    if as_json:
        click.echo(json.dumps({"files": paths, "started": started}))
    else:
        click.echo("\n".join([*paths, f"{timer} is started"] if started else paths))


@schedule.command(epilog="\b\nExample:\n  holdwater schedule show -c /etc/holdwater/site.toml")
@options.config
@options.as_json
def show(config: Path | None, as_json: bool) -> None:
    """What is installed, when the last run was, how it ended, and what waits in the outbox."""
    from holdwater import units
    from holdwater.run_state import remembered
    from holdwater.running import Place
    from reports import json

    job, _ = _job(config, None)
    place = Place(job.audits, job.name)
    last = remembered(place.state)
    told = {
        "when": units.calendar(job.schedule),
        "command": list(job.argv),
        "audits": str(job.audits),
        "installed": [str(path) for path in _installed(job.name)],
        "last": None if last is None else {"begun": last.begun, "ended": last.ended, "status": last.status},
        "waiting": len(list(place.outbox.glob("*.eml"))),
    }
    if as_json:
        click.echo(json.dumps(told))
        return
    for name in ("when", "audits", "waiting"):
        click.echo(f"{name:<10}{told[name]}")
    click.echo(f"{'installed':<10}{', '.join(map(str, _installed(job.name))) or 'nothing'}")
    if last is None:
        click.echo(f"{'last':<10}never run")
    else:
        ended = (
            f"ended {last.ended} with status {last.status}" if last.ended else "has not ended, or broke off"
        )
        click.echo(f"{'last':<10}begun {last.begun}, {ended}")


@schedule.command(
    epilog="\b\nExample:\n  holdwater schedule run -c /etc/holdwater/site.toml --fail-on critical"
)
@options.config
@options.fail_on
@options.as_json
def run(config: Path | None, fail_on: str, as_json: bool) -> None:
    """Collect, judge, report and tell, once: what the timer runs.

    Only one run of a site at a time. A run that failed or saw nothing is told as a failure. Exit 0 or 1 for a
    result that everybody was told, 2 otherwise.
    """
    from holdwater import running, site_file

    settings = site_file.load(config)
    place = _place(settings, config)
    status = running.run(settings, config, place, fail_on=fail_on, say=_say)
    if as_json:
        from dataclasses import asdict

        from holdwater.run_state import remembered
        from reports import json

        last = remembered(place.state)
        click.echo(json.dumps(asdict(last) if last else {"status": status}))
    raise SystemExit(status)


@schedule.command(epilog="\b\nExample:\n  holdwater schedule failed -c /etc/holdwater/site.toml")
@options.config
@options.as_json
def failed(config: Path | None, as_json: bool) -> None:
    """Tell that the last run broke off without a word: what OnFailure= of the service runs."""
    from holdwater import running, site_file
    from holdwater.result import said, tell
    from holdwater.run_state import remember, remembered

    settings = site_file.load(config)
    place = _place(settings, config)
    last = remembered(place.state)
    if last is not None and last.ended and last.told:
        click.echo("[]" if as_json else "the failure was told by the run itself")
        return
    reason = "The scheduled run ended without a word; the log of the service tells more."
    outcomes = tell(running.failed(settings, place, [reason]), running.channels(settings, place, _say))
    if as_json:
        from dataclasses import asdict

        from reports import json

        click.echo(json.dumps([asdict(one) for one in outcomes]))
    for one in [] if as_json else outcomes:
        click.echo(said(one), err=not one.delivered)
    if last is not None and outcomes and all(one.delivered for one in outcomes):
        remember(place.state, replace(last, ended=last.ended or last.begun, status=2, told=True))
    raise SystemExit(0 if outcomes and all(one.delivered for one in outcomes) else 2)


@schedule.command(epilog="\b\nExample:\n  holdwater schedule remove -c /etc/holdwater/site.toml")
@options.config
@click.option(
    "--folder", type=click.Path(path_type=Path), help="Where it was written, if not where it belongs."
)
@options.as_json
def remove(config: Path | None, folder: Path | None, as_json: bool) -> None:
    """Take the schedule away. Audits, the outbox and site.toml stay."""
    job, _ = _job(config, None)
    if not folder and _systemd():
        subprocess.run(["systemctl", "disable", "--now", f"holdwater-{job.name}.timer"], check=False)
    found = [path for path in _installed(job.name, folder) if path.is_file()]
    for path in found:
        try:
            path.unlink()
        except OSError as error:
            raise CannotRun(f"{path} could not be removed: {error.strerror or error}") from error
    if not found:
        raise CannotRun(f"no schedule of {job.site} is installed")
    if as_json:
        from reports import json

        click.echo(json.dumps({"removed": [str(path) for path in found]}))
    else:
        click.echo("\n".join(f"{path} removed" for path in found))
    if not folder and _systemd():
        subprocess.run(["systemctl", "daemon-reload"], check=False)


def _job(config: Path | None, at: str | None) -> tuple[Job, SiteFile]:
    from holdwater import site_file
    from holdwater.schedule_file import Schedule, moments
    from holdwater.units import Job

    config = config or Path(site_file.NAME)
    if not config.is_file():
        raise CannotRun("a schedule needs a site.toml; holdwater init writes one, -c names one")
    settings = site_file.load(config)
    wanted = settings.schedule or Schedule()
    if at:
        try:
            days, hour, minute = moments(at)
        except ValueError as error:
            raise CannotRun(str(error).replace("schedule.at", "--at")) from error
        wanted = replace(wanted, days=days, hour=hour, minute=minute)
    place = _place(settings, config)
    audits = place.audits if os.environ.get("HOLDWATER_AUDITS") else STATE / place.name
    return Job(
        name=place.name,
        site=settings.name or place.name,
        python=sys.executable,
        config=config.resolve(),
        audits=audits.resolve(),
        schedule=wanted,
    ), settings


def _place(settings: SiteFile, config: Path | None) -> Place:
    from collectors.bundle_format import slug
    from holdwater.running import Place

    named = settings.name or (config or Path("site.toml")).resolve().parent.name
    return Place(options.audits_folder(), slug(named))


def _installed(name: str, folder: Path | None = None) -> list[Path]:
    files = [UNITS / f"holdwater-{name}{end}" for end in (".service", ".timer", "-failed.service")]
    files.append(CRON / f"holdwater-{name}")
    if folder:
        files = [folder / path.name for path in files]
    return [path for path in files if path.exists()]


def _write(path: Path, text: str) -> None:
    aside = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.write_text(text, "utf-8")
        aside.chmod(0o644)
        aside.replace(path)
    except OSError as error:
        raise CannotRun(
            f"{path} could not be written: {error.strerror or error}; run as root, or name a --folder"
        ) from error


def _folder(audits: Path) -> None:
    try:
        audits.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise CannotRun(
            f"{audits}: {error.strerror or error}; run as root, or set HOLDWATER_AUDITS"
        ) from error


def _start(timer: str, place: Path) -> bool:
    """Start the timer, or say how; whether it was started."""
    if place != UNITS or not _systemd():
        click.echo(f"To start it: systemctl daemon-reload && systemctl enable --now {timer}", err=True)
        return False
    for argv in (["systemctl", "daemon-reload"], ["systemctl", "enable", "--now", timer]):
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CannotRun(f"{' '.join(argv)}: {' '.join(done.stderr.split())}")
    return True


def _systemd() -> bool:
    """Whether systemd runs here, not only its files are installed."""
    return Path("/run/systemd/system").is_dir() and shutil.which("systemctl") is not None


def _say(doing: str) -> None:
    from reports.text import one_line

    click.echo(one_line(doing, 600), err=True)
