"""The commented `site.toml` that `holdwater init` writes."""

from __future__ import annotations

from holdwater.delivery_file import TEMPLATE as DELIVERY_TEMPLATE

TEMPLATE = (
    """\
# A site for holdwater: what to audit and by which limits.  Check it with:  holdwater plan
# Everything here is optional; without this file holdwater audits the machine it runs on.

[site]
name = "{name}"            # printed on the report and in file names
# language = "de"          # of the management page and the mail: en, de, or the path of a .po file
# templates = "templates"  # a folder with a management.html, mail.html, report.html … of your own
# sudo = true              # ask `sudo -n` for what needs root where the login is not root

# One block for each machine.  Log in once with ssh by hand first: the host key must be known.
# [[targets]]
# address = "ssh://auditor@server1.example:22"
# name = "server1"         # as it shall be called in the report; default: the host part

# A Proxmox VE cluster, by its API.  The secret of the token is read from HOLDWATER_PVE_TOKEN.
# [[targets]]
# address = "pve://auditor@pve!holdwater@pve1.example:8006"

# A repository of restic or borg, or a folder of dated files.  Its key is named, never written here.
# [[targets]]
# address = "restic:sftp:backup@store1.example:/srv/restic"
# password_file = "/etc/restic/password"      # or password_command = "pass show restic"
# check = "5%"             # also read back that share of the content; or "structure", or "full"

# What somebody would want back: machines, and what no machine tells of (mail platform, cloud services,
# switch configuration, directory, certificates, licence keys, password vault).
# tier: 1 vital, 2 important, 3 nice to have.  rpo: how much work may be lost; rto: how long it may be away.
# The name is a target's or a guest's, or any.
# [[assets]]
# name = "server1"
# tier = 1
# owner = "accounting"
# rpo = "24h"
# rto = "8h"
# keep = "90d"             # how far back its copies shall reach
# depends_on = ["dc01"]
# known_as = ["uuid:564d…", "vm/101", "nas:/srv/mail"]   # if backups know it by another name
# paths = ["/srv", "/etc"] # what of it matters; default: all its file systems
# place = "main office"    # building or fire compartment
# admin = "AD"             # whose credentials administer it

# Where repositories stand, who administers them, who could delete from them.
# [[repositories]]
# name = "backup1/main"    # its name, location or identity, or the end of one
# place = "branch office"
# admin = "backup team"
# keep = "90d"             # how far back its copies should reach
# lock_mode = "compliance" # compliance, governance, hardened or none

# Copies that nobody can collect.
# [[copies]]
# asset = "mail"
# where = "tape in the bank safe"
# newest = 2026-11-20
# interval = "7d"
# place = "bank"
# offline = true

# Restores that were tried.  With an artefact (hash list, screenshot, timings) it is proof; without, a word.
# [[restore_tests]]
# asset = "server1"
# at = 2026-10-02
# result = "ok"            # ok, partial or failed
# kind = "machine"         # file, boot, machine, database or application
# size = "800 GB"
# seconds = 5400
# artefact = "restore-2026-10-02/hashes.txt"

# Where the keys of encrypted backups are kept.
# [[keys]]
# opens = "backup1/main"
# kept = ["paper in the safe", "server1"]

# The power of machines, and when they were last shut down in order.  name = "*": all that are not named.
# [[power]]
# name = "server1"
# ups = true               # a UPS feeds it
# shutdown_tested = 2026-05-09
# shutdown = "6min"        # how long that took
# artefact = "shutdown-2026-05-09/journal.txt"

# Who learns that something is wrong, and when an alarm last reached that person.
# [[monitoring]]
# name = "*"
# watched_by = "Zabbix"
# alarms_to = "on-call phone"
# alarm_tested = 2026-10-14

# [recovery]
# runbook = "binder in the safe"
# runbook_at = 2026-06-01
# runbook_kept = ["paper"]
# people = 2

# [exposure]
# backup_domain_joined = false
# shared_admin = false
# mfa = true
# clock_of_production = false  # production cannot set the clock of the machines with backups
# probe = true             # try the ports of backup and management systems on the targets
# probe_from = "users"     # which network holdwater runs in: users, production, management or internet
# backup_software = ["Veeam Backup & Replication 12.3.2.4854"]

# A fault that stays for a time: `holdwater waive RULE[:SUBJECT] …` adds such a block.
# [[waivers]]
# rule = "power/ups-absent"
# target = "server1"          # and/or subject, exactly as the report names them
# by = "Eva Lang"
# reason = "test machine"
# until = 2027-06-30          # at most twelve months ahead

# Whose reports these are.  Paths are relative to this file.
# [brand]
# name = "Kontor Nord"
# logo = "logo.png"           # PNG, JPEG or GIF up to 512 KiB; it is embedded
# accent = "#1f4f82"          # must be readable on white

"""
    + DELIVERY_TEMPLATE
    + """\
# Limits of rules, as `holdwater rules RULE` shows them.
# [limits."capacity/used"]
# high = 8
"""
)
