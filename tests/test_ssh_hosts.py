"""Hosts that are not reached over SSH, are somebody else, or let nobody in: each told in one line."""

from __future__ import annotations

import asyncio
import os
import pwd
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from collectors.targets import open_target
from collectors.targets.ssh import SshTarget
from holdwater import api
from holdwater.result import news_of
from holdwater.site_file import SiteFile
from tests import ssh_session
from tests.ssh_session import AUDITOR, auditor_on, command, needs_root, reach, run
from tests.sshd import Sshd, free_port, new_key

home, serve, server = ssh_session.home, ssh_session.serve, ssh_session.server


def test_unknown_host_is_refused_with_its_fingerprint(serve: Callable[..., Sshd]) -> None:
    started = serve()
    told = subprocess.run(
        ["ssh-keygen", "-lf", str(started.host_key)], capture_output=True, text=True, check=True
    )
    reason = reach(started.address())
    assert told.stdout.split()[1] in reason
    assert f"ssh-keyscan -p {started.port} 127.0.0.1 >> ~/.ssh/known_hosts" in reason


def test_wrong_host_key_is_refused(serve: Callable[..., Sshd], tmp_path: Path) -> None:
    started = serve()
    started.trust(new_key(tmp_path / "other"))
    reason = reach(started.address())
    assert "WRONG HOST KEY" in reason
    assert f"ssh-keygen -R '[127.0.0.1]:{started.port}'" in reason


@pytest.mark.parametrize(
    "config", ["StrictHostKeyChecking no\nUserKnownHostsFile none\n", "UserKnownHostsFile /dev/null\n"]
)
def test_no_configuration_turns_the_check_off(serve: Callable[..., Sshd], home: Path, config: str) -> None:
    started = serve()
    (home / ".ssh" / "config").write_text(f"Host *\n{config}")
    assert "is not known" in reach(started.address())


def test_one_bad_line_of_known_hosts_shuts_nobody_out(server: Sshd, home: Path) -> None:
    with (home / ".ssh" / "known_hosts").open("a") as known:
        known.write("garbage\n@what ever it is\n|1|x|y ssh-rsa AAAA\n\xff\n")
    assert reach(server.address()) == ""


def test_configuration_aliases_are_honoured(server: Sshd, home: Path) -> None:
    user = pwd.getpwuid(os.geteuid()).pw_name
    key = home / "elsewhere"
    server.client_key.rename(key)
    (home / ".ssh" / "config").write_text(
        f"Host Store\n HostName 127.0.0.1\n Port {server.port}\n User {user}\n IdentityFile {key}\n"
    )
    target = open_target("ssh://Store")
    assert target.name == "Store"
    assert isinstance(target, SshTarget)
    (answer,) = run(target, command("echo", "yes"))
    assert answer.text == "yes\n"
    assert target.about["host_key"].startswith("ssh-ed25519 SHA256:")


@pytest.mark.parametrize("known", [True, False])
def test_jump_hosts_are_passed_and_checked(serve: Callable[..., Sshd], home: Path, known: bool) -> None:
    """The configuration's ProxyJump is honoured; its UserKnownHostsFile none must not open the way."""
    jump, store = serve(), serve()
    store.trust()
    if known:
        jump.trust()
    setting = "" if known else "UserKnownHostsFile none\n"
    (home / ".ssh" / "config").write_text(
        f"Host store\n HostName 127.0.0.1\n Port {store.port}\n ProxyJump 127.0.0.1:{jump.port}\n"
        f"Host 127.0.0.1\n {setting}"
    )
    target = open_target("ssh://store")
    assert isinstance(target, SshTarget)
    (answer,) = run(target, command("echo", "passed"))
    if known:
        assert answer.text == "passed\n"
        assert "Accepted publickey" in jump.log()
        assert "Accepted publickey" in store.log()
    else:
        assert answer.refusal == "unreachable"
        assert "its jump host cannot be passed" in answer.detail
        assert "is not known" in answer.detail


def test_password_only_server_is_told_without_asking(serve: Callable[..., Sshd]) -> None:
    started = serve(PubkeyAuthentication="no", PasswordAuthentication="yes")
    started.trust()
    reason = reach(started.address())
    assert "passwords are never used" in reason
    assert "ssh-copy-id" in reason


def test_encrypted_key_without_agent_is_told(serve: Callable[..., Sshd], home: Path) -> None:
    started = serve()
    started.trust()
    subprocess.run(["ssh-keygen", "-q", "-p", "-N", "secret", "-f", str(started.client_key)], check=True)
    assert "ssh-agent" in reach(started.address())


def test_a_key_that_is_not_enough_is_told(serve: Callable[..., Sshd]) -> None:
    started = serve(AuthenticationMethods="publickey,password", PasswordAuthentication="yes")
    started.trust()
    assert "none but keys may be in AuthenticationMethods there" in reach(started.address())


def test_too_many_keys_are_told(serve: Callable[..., Sshd], home: Path) -> None:
    started = serve(MaxAuthTries="1")
    started.trust()
    new_key(home / ".ssh" / "other")
    config = home / ".ssh" / "config"
    config.write_text(f"Host *\n  IdentityFile {home}/.ssh/other\n  IdentityFile {started.client_key}\n")
    assert reach(started.address()).endswith("name one (IdentityFile, IdentitiesOnly yes)")
    config.write_text(f"Host *\n  IdentityFile {started.client_key}\n  IdentitiesOnly yes\n")
    assert reach(started.address()) == ""


@pytest.mark.lab
@needs_root
def test_accounts_that_may_not_log_in_now_are_told(serve: Callable[..., Sshd]) -> None:
    with auditor_on(serve, UsePAM="yes") as started:
        subprocess.run(["usermod", "-e", "1970-01-02", AUDITOR], check=True)
        expired = reach(started.address(AUDITOR))
        subprocess.run(["usermod", "-e", "", AUDITOR], check=True)
        subprocess.run(["chage", "-d", "0", AUDITOR], check=True)
        stale = reach(started.address(AUDITOR))
    assert "it said: Your account has expired" in expired
    assert expired.endswith("look at its log, chage -l USER and /etc/nologin there")
    assert "commands cannot be run there: " in stale
    assert stale.endswith("; change its password once by hand")


def test_connection_refused_and_unknown_names_are_told(home: Path) -> None:
    assert "connection refused" in reach(f"ssh://127.0.0.1:{free_port()}").lower()
    assert "ssh://" not in reach("ssh://no-such-host.invalid", 5)


def test_black_hole_ends_at_the_time_limit(home: Path) -> None:
    with socket.socket() as hole:
        hole.bind(("127.0.0.1", 0))
        hole.listen()
        begun = time.monotonic()
        assert "no answer within 1 s" in reach(f"ssh://127.0.0.1:{hole.getsockname()[1]}", 1)
        assert time.monotonic() - begun < 5


def test_garbage_instead_of_a_banner_is_told(home: Path) -> None:
    async def scene() -> str:
        async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"\x1b[2JHTTP/1.1 400 Bad Request\r\n\r\n" * 2000)
            writer.close()

        other = await asyncio.start_server(talk, "127.0.0.1", 0)
        target = open_target(f"ssh://127.0.0.1:{other.sockets[0].getsockname()[1]}", connect_timeout=5)
        reason = await target.reach()
        await target.close()
        other.close()
        return reason

    reason = asyncio.run(scene())
    assert reason.startswith("127.0.0.1")
    assert reason.isprintable()


def test_account_without_a_shell_is_told(serve: Callable[..., Sshd]) -> None:
    started = serve(ForceCommand="echo This account is not available.; exit 1")
    started.trust()
    assert "This account is not available" in reach(started.address())


@pytest.mark.parametrize(
    "address",
    [
        "ssh://",
        "ssh://user@",
        "ssh://user:secret@host",
        "ssh://host:port",
        "ssh://host:99999",
        "ssh://host/path",
        "ssh://-oProxyCommand=x",
        "ssh://host?x",
        "http://host",
        "host",
    ],
)
def test_addresses_that_make_no_sense_are_refused(address: str) -> None:
    with pytest.raises(ValueError, match="ssh://") as caught:
        open_target(address)
    assert "secret" not in str(caught.value)


def test_a_host_that_is_not_reached_is_one_reason_for_having_no_result(home: Path, tmp_path: Path) -> None:
    bundle = api.collect([f"ssh://127.0.0.1:{free_port()}"], tmp_path)
    (reason,) = news_of(bundle, SiteFile()).reasons
    assert reason.startswith("127.0.0.1: 127.0.0.1:")
    assert "connection refused" in reason
