"""`holdwater plan`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from holdwater import options
from holdwater.errors import CannotRun

if TYPE_CHECKING:
    from collectors.question import Form


@click.command(
    epilog="""\b
Examples:
  holdwater plan
  holdwater plan --sudoers auditor > holdwater.sudoers    then: visudo -cf holdwater.sudoers"""
)
@click.argument("target", nargs=-1)
@click.option(
    "--sudoers",
    metavar="USER",
    help="Print only the sudoers snippet that gives USER what root is needed for.",
)
@options.probe
@options.config
@options.as_json
def plan(
    target: tuple[str, ...], sudoers: str | None, probe: bool, config: Path | None, as_json: bool
) -> None:
    """Every command that would run, the right it needs, and a sudoers snippet for least privilege."""
    from collectors.collector import load
    from holdwater import site_file
    from reports import json

    collectors = load()
    if sudoers:
        if not re.fullmatch(r"%?[A-Za-z_][A-Za-z0-9_.-]*\$?", sudoers):
            raise CannotRun(f"{sudoers!r} is no name of a user (or %group)")
        click.echo(snippet(sudoers), nl=False)
        return
    settings = site_file.load(config)
    targets = list(target) or [one.address or "local" for one in settings.targets] or ["local"]
    forms = [
        {
            "collector": one.name,
            "command": " ".join(form.argv),
            "right": form.right,
            "timeout_seconds": form.timeout_seconds,
            "why": form.why,
        }
        for one in collectors.values()
        if one.system in _systems(targets)
        for form in one.asks
    ]
    forms[:0] = _on_connecting(targets)
    connected = _connected(targets) if probe or settings.probe else None
    if as_json:
        told = {"targets": targets, "commands": forms, "connections": connected or []}
        click.echo(json.dumps({**told, "sudoers": snippet("auditor")}))
        return
    _print(targets, forms, connected)


APIS = {"pve": "proxmox"} | {
    one: one for one in ("pbs", "veeam", "vsphere", "restic", "borg", "files", "bacula")
}
"""What is behind an address of an API or repository; behind any other may be anything, until it was asked."""
SHELLS = ("ssh://", "qemu+ssh://", "qemu+libssh")

PBS_ROLES = """
For Proxmox Backup Server, a token that reads and cannot change anything (in its shell):

  proxmox-backup-manager user create auditor@pbs
  proxmox-backup-manager user generate-token auditor@pbs holdwater
  for who in auditor@pbs 'auditor@pbs!holdwater'; do
    proxmox-backup-manager acl update /datastore DatastoreAudit --auth-id "$who"
    proxmox-backup-manager acl update /system Audit --auth-id "$who"
    proxmox-backup-manager acl update /access Audit --auth-id "$who"
    proxmox-backup-manager acl update /remote RemoteAudit --auth-id "$who"
  done"""
"""/system: tasks of others; /access: whether those who write copies may delete them; /remote: sync jobs."""


VEEAM_ROLE = """
For Veeam Backup & Replication, an account that reads and cannot change anything: a local user of the backup
server, no administrator there, with the role Veeam Backup Viewer (console: menu, Users and Roles). A second
factor must be off for it. But for login and logout, everything is GET."""


def _systems(targets: list[str]) -> set[str]:
    """What the targets may run."""
    schemes = [re.split("[:+]", one)[0] for one in targets]
    apis = {APIS[one] for one in schemes if one in APIS}
    hosts = any(one not in APIS for one in schemes)
    return apis | ({"unix", "windows"} if hosts else set())


def _on_connecting(targets: list[str]) -> list[dict[str, Any]]:
    from collectors.targets.proxmox import PBS_VERSION, VERSION
    from collectors.targets.ssh_command import PROBE, WINDOWS_PROBE
    from collectors.targets.veeam import ON_CONNECTING

    asked: tuple[Form, ...] = (PROBE, WINDOWS_PROBE) if any(one.startswith(SHELLS) for one in targets) else ()
    if any(one.startswith("pve://") for one in targets):
        asked = (*asked, VERSION)
    if any(one.startswith("pbs://") for one in targets):
        asked = (*asked, PBS_VERSION)
    if any(one.startswith("veeam://") for one in targets):
        asked = (*asked, *ON_CONNECTING)
    return [
        {
            "collector": "on connecting",
            "command": " ".join(form.argv),
            "right": form.right,
            "timeout_seconds": form.timeout_seconds,
            "why": form.why,
        }
        for form in asked
    ]


def _connected(targets: list[str]) -> list[str]:
    """HOST:PORT of every connection that is tried besides."""
    from collectors.management_ports import PORTS
    from collectors.targets.probing import host_of

    hosts = dict.fromkeys(host for one in targets if (host := host_of(one)))
    return [f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host in hosts for port in PORTS]


def _print_connected(connected: list[str]) -> None:
    """The connections, a paragraph for each host."""
    from collectors.management_ports import PORTS

    if not connected:
        click.echo("No port is tried: no target is a host elsewhere.")
        return
    click.echo("Ports that are tried with a TCP connection, which is closed at once; nothing is sent:")
    width = max(map(len, connected))
    for one in connected:
        click.echo(f"  {one:<{width}}  {PORTS[int(one.rpartition(':')[2])]}")


def _print(targets: list[str], forms: list[dict[str, Any]], connected: list[str] | None) -> None:
    click.echo(f"Targets: {', '.join(targets)}")
    if connected is not None:
        _print_connected(connected)
    click.echo(
        "Each is asked at most the commands below, all of them read-only; {blanks} are filled from answers.\n"
    )
    collector = ""
    told: set[str] = set()
    for form in forms:
        if form["command"] in told:
            continue  # several collectors ask it; it is put once
        told.add(form["command"])
        if form["collector"] != collector:
            collector = form["collector"]
            click.echo(f"{collector}:")
        right = "root" if form["right"] == "root" else "    "
        click.echo(f"  {right}  {form['command']}\n          {form['why']}")
    if any(one.startswith("pbs://") for one in targets):
        click.echo(PBS_ROLES)
    if any(one.startswith("veeam://") for one in targets):
        click.echo(VEEAM_ROLE)
    if all(re.split("[:+]", one)[0] in ("pbs", "veeam", "bacula") for one in targets):
        return
    click.echo(
        "\nFor a login without root, the rights above as a sudoers file (holdwater plan --sudoers USER):\n"
    )
    click.echo(snippet("auditor"), nl=False)
    click.echo(
        "\nA file that sudo cannot read, or of another owner or mode, gives nobody anything: check it first."
        "\nWhat sudo refuses all the same, and why: holdwater doctor TARGET"
    )


def snippet(user: str) -> str:
    """A sudoers file for every form that needs root; arguments are regular expressions (sudo 1.9.10)."""
    from collectors.collector import load

    aliases: list[str] = []
    names: list[str] = []
    given: set[str] = set()
    for one in load().values():
        commands = {_command(form) for form in one.asks if form.right == "root"} - given
        if commands:
            given |= commands
            names.append(f"HOLDWATER_{re.sub('[^A-Z0-9]', '_', one.name.upper())}")
            body = ", \\\n    ".join(sorted(commands))
            aliases.append(f"# {one.title.rstrip('.')}\nCmnd_Alias {names[-1]} = \\\n    {body}\n")
    wanted = ", \\\n    ".join(names)
    return (
        "# /etc/sudoers.d/holdwater: read-only, no password, nothing else.\n"
        "# Arguments are regular expressions (sudo 1.9.10 or newer; sudo-rs has none). As root:\n"
        "# visudo -cf FILE && install -m 0440 -o root -g root FILE /etc/sudoers.d/holdwater\n"
        "# Leave out, here and in the last lines, what the machine has not.\n\n"
        + "\n".join(aliases)
        + f"\n# Nobody sits at a terminal.\nDefaults:{user} !requiretty\n"
        + f"{user} ALL=(root) NOPASSWD: \\\n    {wanted}\n"
    )


def _command(form: Form) -> str:
    """The command's path and a regular expression of its arguments, joined by blanks as sudo matches them."""
    from collectors.question import expandable

    words: list[str] = []
    files: list[str] = []
    for word in form.argv[1:]:
        blank = re.fullmatch(r"(.*)\{(\w+)\}(.*)", word)
        if form.expand and word.startswith("/"):
            files.append(_files(word) if expandable(word) else _exactly(word))
        elif blank:
            words.append(_exactly(blank[1]) + REGEX.get(blank[2], OTHER) + _exactly(blank[3]))
        else:
            words.append(_exactly(word))
    tool = form.argv[0]
    path = tool if tool.startswith("/") else f"{'/usr/bin' if tool in IN_USR_BIN else '/usr/sbin'}/{tool}"
    told = " ".join(words) + (f"( {_any_of(files)})+" if files else "")
    return f"{path} ^{told}$" if told else f'{path} ""'


def _any_of(files: list[str]) -> str:
    """One of them, shortly: sudo takes no regular expression of more than 1024 characters."""
    below: dict[str, list[str]] = {}
    for name in files:
        top, _, rest = name.removeprefix("/").partition("/")
        below.setdefault(top, []).append(rest)
    return "/(" + "|".join(f"{top}/({'|'.join(rest)})" for top, rest in below.items()) + ")"


def _exactly(text: str) -> str:
    """The text and nothing else; for backslash, ^, $ and #, which sudoers reads otherwise, any character."""
    return re.sub(r"[\\^$#|()\[*?+.{]", lambda odd: "." if odd[0] in "^$\\#" else f"\\{odd[0]}", text)


def _files(pattern: str) -> str:
    """What a shell makes of a file name pattern: the names it matches, and the pattern as it stands."""
    parts = re.split(r"(\[[^\]]+\]|[*?])", pattern)
    names = {"*": "[^ /]*", "?": "[^ /]"}
    return "".join(
        part if n % 2 and part[0] == "[" else names.get(part, _exactly(part)) for n, part in enumerate(parts)
    )


REGEX = {"device": r"/dev/[A-Za-z0-9/_.:!-]+", "number": "[0-9]+"}
OTHER = r"[A-Za-z0-9/][A-Za-z0-9_.,:/@+!-]*"
"""What may stand in a blank. It begins with no dash, so no blank can be an option."""
IN_USR_BIN = frozenset(
    (
        "borgmatic",
        "btrfs",
        "cat",
        "ceph",
        "df",
        "dmesg",
        "find",
        "grep",
        "journalctl",
        "last",
        "ls",
        "lsblk",
        "pgbackrest",
        "snapper",
        "stat",
        "upsc",
    )
)
