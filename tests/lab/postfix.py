"""A Postfix of its own on loopback: STARTTLS and a login demanded, mail delivered into Maildirs."""

from __future__ import annotations

import base64
import os
import socketserver
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.mail_server import PASSWORD, USER, free_port

LARGEST = 60_000
MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/state
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = localhost
mydestination =
mynetworks =
virtual_mailbox_domains = example.test
virtual_mailbox_base = {folder}/boxes
virtual_mailbox_maps = inline:{{ boss@example.test=boss/, admin@example.test=admin/ }}
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_mailbox_limit = 0
smtpd_tls_security_level = encrypt
smtpd_tls_chain_files = {certificate}
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {folder}/login
smtpd_relay_restrictions = permit_sasl_authenticated, reject
message_size_limit = {largest}
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
notify_classes =
"""
MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
postlog unix-dgram n - n - 1 postlogd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
proxymap unix - - n - - proxymap
tlsmgr unix - - n 1000? 1 tlsmgr
anvil unix - - n - 1 anvil
virtual unix - n n - - virtual
"""


class _Login(socketserver.StreamRequestHandler):
    """The part of Dovecot's authentication protocol that Postfix speaks: PLAIN for one user."""

    def handle(self) -> None:
        self.wfile.write(b"VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t00\nDONE\n")
        for line in self.rfile:
            words = line.decode().rstrip("\n").split("\t")
            if words[0] != "AUTH":
                continue
            given = next((w.removeprefix("resp=") for w in words if w.startswith("resp=")), "")
            good = base64.b64decode(given).decode() == f"\0{USER}\0{PASSWORD}"
            answer = f"OK\t{words[1]}\tuser={USER}\n" if good else f"FAIL\t{words[1]}\tuser={USER}\n"
            self.wfile.write(answer.encode())


class _Logins(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


@contextmanager
def postfix(folder: Path, certificate: Path) -> Iterator[int]:
    """Run Postfix; yields its port. Boxes are `folder/boxes/boss` and `admin`; nobody else has one."""
    port = free_port()
    for name in ("etc", "queue", "state", "boxes"):
        (folder / name).mkdir()
    subprocess.run(["chown", "postfix", folder / "state"], check=True)
    subprocess.run(["chown", "nobody", folder / "boxes"], check=True)
    told = MAIN.format(folder=folder, certificate=certificate, largest=LARGEST)
    (folder / "etc/main.cf").write_text(told)
    (folder / "etc/master.cf").write_text(MASTER.format(port=port))
    with _Logins(str(folder / "login"), _Login) as logins:
        os.chmod(folder / "login", 0o666)
        threading.Thread(target=logins.serve_forever, daemon=True).start()
        subprocess.run(["postfix", "-c", folder / "etc", "start"], capture_output=True, check=True)
        try:
            yield port
        finally:
            subprocess.run(["postfix", "-c", folder / "etc", "stop"], capture_output=True, check=False)
            logins.shutdown()


def arrived(box: Path, count: int = 1, seconds: float = 15) -> list[bytes]:
    """The messages of a Maildir, as soon as there are *count*."""
    ended = time.monotonic() + seconds
    while len(found := sorted((box / "new").glob("*"))) < count and time.monotonic() < ended:
        time.sleep(0.1)
    return [path.read_bytes() for path in found]
