"""Tables of `site.toml` that say who is told, and when; each is read by a module of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

DELIVERY = ("mail", "webhooks", "schedule")

TEMPLATE = """\
# Who is told by mail.  The password is kept elsewhere: env:NAME, keyring:SERVICE/USER or command:…
# [mail]
# server = "mail.example:587"
# security = "starttls"            # or tls (port 465), or none
# user = "auditor"
# password = "env:HOLDWATER_MAIL_PASSWORD"
# from = "Storage audit <audit@example.org>"
# link = "https://reports.example/"  # where the technical report is read, if anywhere
# [[mail.to]]
# address = "The boss <boss@example.org>"
# language = "de"
# [[mail.to]]
# address = "admin@example.org"
# documents = ["pdf", "csv"]       # attached: page, page-pdf, report, pdf, csv, xlsx, json, markdown
# days = ["Mon"]                   # on other days only if something serious came up

# Chats and machines that are told: json, teams, slack or ntfy.
# [[webhooks]]
# kind = "teams"
# url = "env:HOLDWATER_TEAMS_URL"

# When `holdwater schedule` audits, and who notices if it does not.
# [schedule]
# at = "Mon 06:00"                 # or "Mon,Thu 18:30", or "daily 05:00"
# report = "Mon"                   # with a daily run: the result on Mondays, what is new and critical at once
# ping = "https://watch.example/0123"  # asked after each good run; or file:/run/holdwater.ok

"""


def delivery(told: dict[str, Any], folder: Path) -> dict[str, Any]:
    """`[mail]`, `[[webhooks]]` and `[schedule]`, each read by its own module where it is there."""
    read: dict[str, Any] = {}
    for name in told.keys() & set(DELIVERY):
        from holdwater import mail_file, schedule_file, webhook_file

        try:
            match name:
                case "mail":
                    read[name] = mail_file.understood(told[name], folder)
                case "webhooks":
                    read[name] = webhook_file.understood(told[name])
                case _:
                    read[name] = schedule_file.understood(told[name])
        except ValueError as error:
            raise ValueError(f"[{name}]: {error}") from error
    return read
