"""Copies within and out of an intruder's reach."""

from __future__ import annotations

from tests.sites.scenario import APART, EXPOSURE, FILES, KEY, LOCKED, NAS, SERVER, Scenario, copies
from tests.sites.world import Copies, host, mounting, restic, sharing

VEEAM = 'backup_software = ["Veeam Backup & Replication 12.3.2.4465"]\n'
"""A version with a hole for accounts of its domain."""

SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        name="one-password",
        shows="whoever administers production can delete the copies",
        about=EXPOSURE,
        holds=False,
        parts=(SERVER, NAS, copies(Copies("files"))),
        declared=APART.replace('"backup team"', '"domain"') + KEY + FILES,
        systems={"files": (2, "plausible")},
        fires=("backup/same-credentials@files",),
    ),
    Scenario(
        name="immutable-but-unverified",
        shows="locked copies that nobody ever read back",
        about=EXPOSURE,
        holds=False,
        parts=(SERVER, NAS, copies(Copies("files"))),
        declared=LOCKED + KEY + FILES,
        systems={"files": (3, "plausible")},
        fires=("backup/verify-never@files",),
        silent=("backup/no-immutable-offline@files",),
    ),
    Scenario(
        name="nothing-locked",
        shows="no copy is immutable or offline",
        about=EXPOSURE,
        holds=False,
        parts=(SERVER, NAS, copies(Copies("files"))),
        declared=APART + 'lock_mode = "none"\n' + KEY + FILES,
        systems={"files": (3, "plausible")},
        fires=("backup/no-immutable-offline@files",),
    ),
    Scenario(
        name="repository-mounted-on-production",
        shows="production has the repository mounted writable",
        about=EXPOSURE,
        holds=False,
        parts=(
            mounting(host("app"), "nas:/srv/r", "/mnt/backup"),
            SERVER,
            NAS,
            restic("r", "nas", "/srv/r", Copies("files"), Copies("app")),
        ),
        declared=FILES,
        fires=("exposure/repo-writable@restic:sftp:backup@nas:/srv/r",),
    ),
    Scenario(
        name="backup-server-in-the-domain",
        shows="one account for production and backup, no second factor, the backup server in the domain",
        about=EXPOSURE,
        holds=False,
        parts=(SERVER, NAS, copies(Copies("files"))),
        declared=APART
        + KEY
        + FILES
        + "[exposure]\nbackup_domain_joined = true\nshared_admin = true\nmfa = false\n"
        + VEEAM,
        fires=(
            "exposure/backup-domain-joined@backup-server-in-the-domain",
            "exposure/shared-admin@backup-server-in-the-domain",
            "exposure/no-mfa@backup-server-in-the-domain",
            "exposure/backup-software-vulnerable@backup-server-in-the-domain",
        ),
    ),
    Scenario(
        name="backup-server-apart",
        shows="its own accounts, a second factor, out of the domain",
        about=EXPOSURE,
        holds=True,
        parts=(SERVER, NAS, copies(Copies("files"))),
        declared=APART
        + KEY
        + FILES
        + "[exposure]\nbackup_domain_joined = false\nshared_admin = false\nmfa = true\n"
        + VEEAM,
        silent=(
            "exposure/backup-domain-joined@backup-server-apart",
            "exposure/shared-admin@backup-server-apart",
            "exposure/no-mfa@backup-server-apart",
            "exposure/backup-software-vulnerable@backup-server-apart",
        ),
    ),
    Scenario(
        name="repository-open-to-everybody",
        shows="the repository's host is open to users: exported to any host, guests' ports, root by password",
        about=EXPOSURE,
        holds=False,
        parts=(
            SERVER,
            sharing(
                NAS,
                "/var/lib/nfs/etab:/backup\t*(rw,sync,no_root_squash,no_subtree_check)",
                "/etc/ssh/sshd_config:PermitRootLogin yes",
                "/etc/rsyncd.conf:[backup]",
                "/etc/rsyncd.conf:path = /backup",
                open_ports=(22, 445, 2049, 3389),
            ),
            copies(Copies("files")),
        ),
        declared=LOCKED + KEY + FILES + '[exposure]\nprobe = true\nprobe_from = "users"\n',
        fires=(
            "exposure/mgmt-reachable@nas",
            "exposure/nfs-open@nas",
            "exposure/rsync-daemon@nas",
            "exposure/ssh-root-password@nas",
        ),
    ),
    Scenario(
        name="repository-open-to-backups-only",
        shows="the repository's host shows production the port that backups need, and nothing else",
        about=EXPOSURE,
        holds=True,
        parts=(
            SERVER,
            sharing(
                NAS,
                "/var/lib/nfs/etab:/srv/vm\t192.0.2.8(rw,sync,no_root_squash,no_subtree_check)",
                "/etc/ssh/sshd_config:PermitRootLogin prohibit-password",
                "/etc/ssh/sshd_config:PasswordAuthentication no",
                open_ports=(22,),
            ),
            copies(Copies("files")),
        ),
        declared=LOCKED + KEY + FILES + '[exposure]\nprobe = true\nprobe_from = "production"\n',
        systems={"files": (3, "plausible")},
        silent=(
            "exposure/mgmt-reachable@nas",
            "exposure/nfs-open@nas",
            "exposure/rsync-daemon@nas",
            "exposure/ssh-root-password@nas",
        ),
    ),
)
