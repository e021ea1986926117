"""Opening an SSH connection: keys only, known hosts only, and what to tell a person when it fails."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import asyncssh

KEEPALIVE_SECONDS = 10
KEEPALIVES_MISSED = 3

_KNOWN_HOSTS = (
    "~/.ssh/known_hosts",
    "~/.ssh/known_hosts2",
    "/etc/ssh/ssh_known_hosts",
    "/etc/ssh/ssh_known_hosts2",
)

Opened = tuple["asyncssh.SSHClientConnection", dict[str, str]]


async def connect(host: str, user: str, port: int | None, seconds: float, through: Any = ()) -> Opened | str:
    """The connection and what is known of it, or in one line why there is none and what to do.

    *through*: a connection to tunnel through; else the jump hosts of ~/.ssh/config, if it names any.
    """
    import asyncssh

    place = f"{host}:{port}" if port else host
    known = b""
    client = _client()
    try:
        options = _options(host, user, port)
        known, place = _known_hosts(options), _place(options, host)
        if not through and isinstance(options.tunnel, str):
            through = await _jump(options.tunnel, seconds)
            if isinstance(through, str):
                return f"{place}: its jump host cannot be passed: {through}"
        async with asyncio.timeout(seconds):
            connection = await asyncssh.connect(
                host,
                options=options,
                known_hosts=known,
                client_factory=lambda: client,
                tunnel=through or None,
            )
    except TimeoutError:
        _let_go(through)
        return f"{place}: no answer within {seconds:g} s; is the host up, and is a firewall in between?"
    except (asyncssh.Error, ValueError, OSError) as error:
        _let_go(through)
        return _why_not(place, client, known, error)
    if through:
        connection.set_tunnel(through)
    return connection, _about(connection)


async def _jump(hops: str, seconds: float) -> asyncssh.SSHClientConnection | str:
    """Through the jump hosts one by one, each checked as any host is: asyncssh by itself would be more
    trusting.
    """
    through: Any = ()
    for hop in hops.split(","):
        user, _, place = hop.strip().removeprefix("ssh://").rpartition("@")
        name, _, port = place.rpartition(":") if place.count(":") == 1 else (place, "", "")
        opened = await connect(name, user, int(port) if port else None, seconds, through or None)
        if isinstance(opened, str):
            return opened
        through = opened[0]
    return cast("asyncssh.SSHClientConnection", through)


def _let_go(through: Any) -> None:
    """Close the connection to a jump host that led nowhere."""
    if through and not isinstance(through, str):
        through.close()


def _why_not(place: str, client: Any, known: bytes, error: Exception) -> str:
    """What to tell a person of a connection that failed."""
    import asyncssh

    match error:
        case asyncssh.HostKeyNotVerifiable():
            return _host_key(place, client, known, error)
        case asyncssh.PermissionDenied():
            return _denied(place, error)
        case asyncssh.DisconnectError():
            return _ended(place, client, error)
        case socket.gaierror():
            return f"{place}: the name is not known; check its spelling, DNS and ~/.ssh/config"
        case asyncssh.ChannelOpenError():
            return f"{place}: the jump host cannot reach it ({_short(error)})"
        case OSError():
            return _no_way(place, error)
        case _:
            return f"{place}: cannot connect ({_short(error)}); look at ~/.ssh/config and the keys it names"


def _options(host: str, user: str, port: int | None) -> asyncssh.SSHClientConnectionOptions:
    """~/.ssh/config as far as it is honoured; whatever would ask for a password is off."""
    import asyncssh

    given: dict[str, Any] = {"username": user} if user else {}
    if port:
        given["port"] = port
    return asyncssh.SSHClientConnectionOptions(
        config=(),  # ~/.ssh/config: without this word none is read until the connection is made
        host=host,
        password_auth=False,
        kbdint_auth=False,
        password=None,
        agent_forwarding=False,
        x509_trusted_certs=None,
        keepalive_interval=KEEPALIVE_SECONDS,
        keepalive_count_max=KEEPALIVES_MISSED,
        **given,
    )


def _known_hosts(options: asyncssh.SSHClientConnectionOptions) -> bytes:
    """Every host key that user or system trusts, never empty: asyncssh takes nothing for "trust all"."""
    user = options.config.get("UserKnownHostsFile", _KNOWN_HOSTS[:2])
    system = options.config.get("GlobalKnownHostsFile", _KNOWN_HOSTS[2:])
    held = [b"# trusted host keys"]
    for name in (*_names(user), *_names(system)):
        path = Path(name).expanduser()
        if path.is_file() and os.access(path, os.R_OK):
            held += _sound(path.read_bytes())
    return b"\n".join(held) + b"\n"


def _names(told: object) -> list[str]:
    return (
        [told]
        if isinstance(told, str)
        else [str(name) for name in told]
        if isinstance(told, (list, tuple))
        else []
    )


def _sound(raw: bytes) -> list[bytes]:
    """Lines that can be understood: one bad line must not shut out every host."""
    import asyncssh

    sound = []
    for line in raw.splitlines():
        try:
            asyncssh.import_known_hosts(line.decode())
        except (ValueError, asyncssh.Error):
            continue
        sound.append(line)
    return sound


def _place(options: asyncssh.SSHClientConnectionOptions, host: str) -> str:
    """Host and port as `ssh-keyscan` and people write them."""
    name = str(options.config.get("Hostname", host) or host)
    port = options.port
    return name if port in (None, (), 22) else f"{name}:{port}"


def _client() -> Any:
    """A client that trusts nothing by itself and remembers which key it was shown."""
    import asyncssh

    class Client(asyncssh.SSHClient):
        shown: asyncssh.SSHKey | None = None
        banner = ""

        def auth_banner_received(self, msg: str, lang: str) -> None:
            """What the server says before anybody is let in: the last of it is why nobody is."""
            self.banner = _short(msg) or self.banner

        def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
            self.shown = key
            return False

    return Client()


def _host_key(place: str, client: Any, known: bytes, error: Exception) -> str:
    import asyncssh

    name, _, port = place.partition(":")
    written = f"[{name}]:{port}" if port else name
    print_of = client.shown.get_fingerprint() if client.shown else "unknown"
    try:
        keys = asyncssh.match_known_hosts(known, name, "", int(port) if port.isdigit() else None)[0]
    except (ValueError, asyncssh.Error):
        keys = []
    scan = f"ssh-keyscan {'-p ' + port + ' ' if port else ''}{name}"
    if "revoked" in str(error):
        return f"{place}: its host key {print_of} is revoked in known_hosts; it must have a new one first"
    if keys:
        return (
            f"{place}: WRONG HOST KEY {print_of}: another machine may be answering; ask its administrator, "
            f"and only if the key was changed on purpose: ssh-keygen -R '{written}', then add the new one"
        )
    return (
        f"{place}: host key {print_of} is not known; compare it with "
        f"`ssh-keygen -lf /etc/ssh/ssh_host_…_key.pub` on that machine, then: {scan} >> ~/.ssh/known_hosts"
    )


def _denied(place: str, error: Exception) -> str:
    return (
        f"{place}: no key was enough, and passwords are never used: give it a key with ssh-copy-id (encrypted"
        f" keys must be in ssh-agent); none but keys may be in AuthenticationMethods there [{_short(error)}]"
    )


def _ended(place: str, client: Any, error: Exception) -> str:
    said = _short(error)
    cure = "look at its log"
    if "Too many authentication failures" in said:
        cure = "too many keys were offered: in ~/.ssh/config name one (IdentityFile, IdentitiesOnly yes)"
    elif client.banner:
        said = f"{said}; it said: {client.banner}"
        cure = "look at its log, chage -l USER and /etc/nologin there"
    return f"{place}: the SSH server ended the connection ({said}); {cure}"


def _no_way(place: str, error: OSError) -> str:
    if isinstance(error, ConnectionRefusedError) or "refused" in str(error).lower():
        return f"{place}: connection refused; is sshd running there, and is it this port?"
    told = error.strerror or _short(error)
    return f"{place}: {told}; check the address, the route and ~/.ssh/config"


def _about(connection: asyncssh.SSHClientConnection) -> dict[str, str]:
    key = connection.get_server_host_key()
    told = {
        "user": connection.get_extra_info("username"),
        "server": connection.get_extra_info("server_version"),
        "host_key": f"{key.get_algorithm()} {key.get_fingerprint()}" if key else "",
    }
    return {word: _short(value) for word, value in told.items() if value}


def _short(told: object) -> str:
    line = " ".join(str(told).split())
    return "".join(c if c.isprintable() else "?" for c in line)[:200]
