"""Secrets leave the output, and nothing else does."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.redact import mark, redact

FIXTURES = Path(__file__).parents[1] / "fixtures"
SECRET = "hUnter2.x"

KEY_BLOCK = (
    "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\nAAAA==\n-----END OPENSSH PRIVATE KEY-----"
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("//nas/x /mnt cifs rw,username=bob,password=hUnter2.x,uid=0 0 0", "password"),
        ("//nas/x on /mnt type cifs (rw,pass=hUnter2.x)", "password"),
        ("davfs https://bob:hUnter2.x@host:443/dav /mnt", "password"),
        ("http://:hUnter2.x@host/", "password"),
        ("postgres://u:p@hUnter2.x@host/db", "password"),
        ("node.session.auth.password = hUnter2.x", "password"),
        ("node.session.auth.password_in = hUnter2.x", "password"),
        ('{"password": "hUnter2.x", "a": 1}', "password"),
        ('{"password": "a\\"hUnter2.x", "a": 1}', "password"),
        ("PASSPHRASE: 'hUnter2.x'", "password"),
        ("restic --password hUnter2.x backup", "password"),
        ("mysqldump --password=hUnter2.x db", "password"),
        ("0 2 * * * root mysqldump -u root -phUnter2.x shop > /srv/x.sql", "password"),
        ("MYSQL_PWD=hUnter2.x mysqldump shop", "password"),
        ("repo1-cipher-pass=hUnter2.x", "password"),
        ("7z a -phUnter2.x /srv/x.7z /etc", "password"),
        ("sshpass -p hUnter2.x rsync -a /srv b@h:/srv", "password"),
        ("curl -T x -u bob:hUnter2.x https://h/dav/", "password"),
        ("client_secret=hUnter2.x", "secret"),
        ("SECRET: hUnter2.x", "secret"),
        ("token=hUnter2.x&x=1", "token"),
        ("api_key: hUnter2.x", "key"),
        ("X-API-Key: hUnter2.x", "key"),
        ("aws_secret_access_key = hUnter2.x", "key"),
        ("PrivateKey = hUnter2.x", "key"),
    ],
)
def test_secrets_are_removed(text: str, kind: str) -> None:
    kept, removed = redact(text.encode())
    assert SECRET.encode() not in kept
    assert mark(kind) in kept
    assert removed == {kind: 1}


@pytest.mark.parametrize(
    ("text", "secret", "kind"),
    [
        ("key AKIAIOSFODNN7EXAMPLE here", "AKIAIOSFODNN7EXAMPLE", "key"),
        ("Authorization: Bearer abcdefghijklmnopqrstuvwx", "abcdefghijklmnopqrstuvwx", "token"),
        ("authorization: Basic Ym9iOmh1bnRlcjI=", "Ym9iOmh1bnRlcjI=", "token"),
        ("root:$6$abcdefgh$0123456789abcdefABCDEF./:19000:0:", "0123456789abcdefABCDEF", "hash"),
        ("root:$y$j9T$abcdefgh$0123456789abcdefABCDEF./:19000:0:", "0123456789abcdefABCDEF", "hash"),
        (f"before\n{KEY_BLOCK}\nafter", "b3BlbnNzaC1rZXktdjE", "key"),
        ("-----BEGIN RSA PRIVATE KEY-----\ncut short b3BlbnNzaC1", "b3BlbnNzaC1", "key"),
        ("x eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTYifQ.SflKxwRJSMeKKF2QT4 y", "SflKxwRJSMeKKF2QT4", "token"),
        ("ghp_" + "a1B2" * 9, "a1B2a1B2", "token"),
    ],
)
def test_secrets_are_known_by_their_shape(text: str, secret: str, kind: str) -> None:
    kept, removed = redact(text.encode())
    assert secret.encode() not in kept
    assert removed == {kind: 1}
    if "after" in text:
        assert kept.endswith(b"\nafter")


@pytest.mark.parametrize(
    "text",
    [
        "Master password revision code = 65534",
        "Password: Disabled",
        "passphrase: not set",
        "bypass=1",
        "Tokens:\n  0: systemd-tpm2",
        "rw,credentials=/etc/cifs.cred,keyfile=/root/key",
        "password=/etc/keys/x",
        "cryptsetup: keyslot 0, pass=0",
        "df: /srv/secret: Permission denied",
        "ls: cannot access '/mnt/my-token': Permission denied",
        "10.0.0.1:/export on /mnt type nfs4",
        "ssh://user@host:22/",
        "https://host:8006/a@b",
        "Reservation key = 0xabc123",
        "PASS FAIL",
        '{"password": null, "token": true, "secrets": {"a": 1}}',
        "$1 $5 $HOME $6",
        "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    raw = text.encode()
    kept, removed = redact(raw)
    assert kept is raw
    assert removed == {}


def test_recorded_outputs_are_not_damaged() -> None:
    recorded = [path for path in FIXTURES.glob("collectors/*/*/answer.*") if path.is_file()]
    assert recorded
    for path in recorded:
        raw = path.read_bytes()
        assert redact(raw)[0] is raw, path


def test_json_stays_json() -> None:
    told = {"password": 123456, "token": "a\nb\\", "nested": [{"secret": "x\"y'z"}], "url": "s3://a:b@c/"}
    for indent in (None, 2):
        kept = json.loads(redact(json.dumps(told, indent=indent).encode())[0])
        assert kept["password"] == mark("password").decode()
        assert kept["nested"][0]["secret"] == mark("secret").decode()
        assert kept["token"] == mark("token").decode()


def test_the_mark_does_not_tell_the_length() -> None:
    assert redact(b"password=a,ro")[0] == redact(b"password=" + b"a" * 300 + b",ro")[0]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_wide_text_is_searched_too(encoding: str) -> None:
    begin = "\ufeff".encode(encoding)
    kept, removed = redact(begin + "Password: hUnter2.x\r\nüber".encode(encoding))
    assert kept.decode("utf-16") == "Password: ‹removed:password›\r\nüber"
    assert removed == {"password": 1}


PIECES = st.sampled_from(
    [b"password", b"=", b":", b" ", b"secret", b'"', b"\n", b"token", b"abc", b"://", b"@", b"-----BEGIN ",
     b"PRIVATE KEY-----", b"$6$", b"\xff\xfe", b"\\", b"bearer ", "‹removed:".encode(), b"eyJ", b"."]
)  # fmt: skip


@given(st.lists(PIECES | st.binary(max_size=8), max_size=30).map(b"".join))
def test_what_is_redacted_has_nothing_left_to_redact(raw: bytes) -> None:
    kept, removed = redact(raw)
    assert bool(removed) == (kept != raw)
    assert redact(kept)[0] == kept or raw[:2] in (b"\xff\xfe", b"\xfe\xff")


@pytest.mark.parametrize(
    "line",
    [b"y\n", b"some line with token in it and pass fail access denied private api pre secret\n",
     b"a" * 79 + b"\n", b'"serial_number": "WD-123", "password_set": false, "x": "http://h:80/"\n',
     b"password=", b"$6$", b"://a:"],
)  # fmt: skip
def test_large_outputs_take_seconds_not_minutes(line: bytes) -> None:
    raw = line * (16 * 1024 * 1024 // len(line))
    begun = time.perf_counter()
    redact(raw)
    assert time.perf_counter() - begun < 10
