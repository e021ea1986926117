"""Which messages of the kernel matter to storage, and what device each of them names.

Written after the format strings of the kernel's sources: drivers/ata/libata-eh.c, block/blk-core.c,
drivers/scsi/scsi_logging.c, drivers/nvme/host/pci.c, drivers/md, fs/{ext4,xfs,btrfs}, drivers/edac and so on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

TELLING = (
    "[Ee]rror|errs:|orrupt|csum|transid|unable to fix|exception|failed|FAILED|imeout|timed out|timing out"
    "|resetting|reset (high|super|full|Super)|abort|Abort|offline|isabl|eadonly|ead-only|hutdown|hut down"
    "|hutting|ailure|kicking|missing|orrect|out-of-data|water mark|nvalidat|EDAC|AER|ardware Error"
    "|ut of memory|blocked for more|not responding|beyond end|suspended|degraded|operational dev|ailing path"
    "|link speed|slow to respond|is down|mirrors|plit-[Bb]rain|not properly|no longer"
)
"""Extended regular expression (also one of PCRE) that holds every message of a kind below: what to ask for.

Short, for sudoers takes no expression of more than 1024 characters.
"""

TELLING_BYTES = re.compile(TELLING.encode())

_D = r"(?P<dev>[\w.!:/-]+?)"
_BTRFS = rf"BTRFS:?(?: (?:error|critical|warning|info|alert))? ?(?:\(device {_D}(?: state \w+)?\))?"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of message. *holds*: words that every such message has, looked for first because it is fast."""

    name: str
    holds: str
    pattern: re.Pattern[str]


def _kind(name: str, holds: str, pattern: str) -> Kind:
    return Kind(name, holds, re.compile(pattern))


_BLOCK = (
    _kind("", "rror, dev", r"rror, dev (?:fd|sr|zram|ram)\d"),  # no medium in the drive
    _kind("", "rror on dev", r"rror on dev(?:ice)? (?:fd|sr|zram|ram)\d"),
    # the device knows no discard: harmless
    _kind("", "rror, dev", r"(?:critical target|operation not supported) error, dev .*\((?:DISC|WRITE_[ZS])"),
    _kind("medium-error", "critical medium error", rf"critical medium error, dev {_D}, sector"),
    _kind("io-error", "rror, dev", rf"(?:I/O|critical \w+|timeout|transport) error, dev {_D}, sector"),
    _kind("io-error", "Buffer I/O", rf"Buffer I/O error on(?: dev(?:ice)? {_D}, logical)?"),
    _kind("beyond-end", "beyond end", r"(?:\[(?P<dev>sd[a-z]+)\] .*)?access beyond end of device"),
    _kind("hung-task", "blocked for more", r"task (?P<dev>\S+?):\d+ blocked for more than"),
)
_ATA = (
    _kind("ata-exception", "exception Emask", r"(?P<dev>ata\d+\.\d+): exception Emask"),
    _kind("port-event", "exception Emask", r"(?P<dev>ata\d+): exception Emask"),
    _kind("failed-command", "failed command", r"(?P<dev>ata\d+\.\d+): failed command"),
    _kind("medium-error", "error: {", r"(?P<dev>ata\d+\.\d+): error: \{[^}]*\b(?:UNC|AMNF|IDNF)\b"),
    _kind("link-error", "error: {", r"(?P<dev>ata\d+\.\d+): error: \{[^}]*\bICRC\b"),
    _kind("link-reset", "resetting link", r"(?P<dev>ata\d+)(?:\.\d+)?: (?:hard|soft) resetting link"),
    _kind("link-reset", "slow to respond", r"(?P<dev>ata\d+)(?:\.\d+)?: (?:link|port) is slow to respond"),
    _kind("link-slow", "link speed", r"(?P<dev>ata\d+)(?:\.\d+)?: limiting SATA link speed"),
    _kind("link-reset", "COMRESET failed", r"(?P<dev>ata\d+)(?:\.\d+)?: COMRESET failed"),
    _kind("device-lost", "isabl", r"(?P<dev>ata\d+\.\d+): disabl(?:ed|ing|e device)"),
    _kind("device-lost", "reset failed", r"(?P<dev>ata\d+): reset failed, giving up"),
)
_SD = r"sd [\d:]+: \[(?P<dev>sd[a-z]+)\]"
_SCSI = (
    _kind("medium-error", "Medium Error", rf"{_SD}.*Sense Key : Medium Error"),
    _kind("drive-error", "Hardware Error", rf"{_SD}.*Sense Key : Hardware Error"),
    _kind("aborted-command", "Aborted Command", rf"{_SD}.*Sense Key : Aborted Command"),
    _kind("failed-command", "hostbyte", rf"{_SD}.*Result: hostbyte=(?!DID_OK|0x00|DID_REQUEUE)\w+"),
    _kind("failed-command", "DRIVER_TIMEOUT", rf"{_SD}.*driverbyte=DRIVER_TIMEOUT"),
    _kind("device-lost", "offline", r"(?:sd|scsi) (?P<dev>[\d:]+): .*(?:Device offlined|to offline device)"),
    _kind("device-lost", "dead device", r"(?:sd|scsi) (?P<dev>[\d:]+): .*rejecting I/O to dead device"),
    _kind(
        "command-abort", "abort", r"(?:sd|scsi) (?P<dev>[\d:]+): .*(?:attempting task abort|abort timed out)"
    ),
    _kind("command-abort", "uas_eh_abort", r"(?:sd|scsi) (?P<dev>[\d:]+): .*uas_eh_abort_handler"),
    _kind("controller-reset", "fault", r"(?P<dev>mpt\dsas_cm\d+|mpt\dsas\d+).*fault_state"),
    _kind(
        "controller-reset",
        "reset",
        r"(?P<dev>mpt\dsas_cm\d+|mpt\dsas\d+).*(?:diag reset|hard_reset): (?:send|F)",
    ),
    _kind("controller-reset", "FAULT", r"(?P<dev>megaraid_sas [\w:.]+).*(?:FW in FAULT|FAULT state)"),
    _kind("controller-reset", "resetting", r"(?P<dev>megaraid_sas [\w:.]+|arcmsr\d+|3w-\w+).*resetting"),
    _kind(
        "controller-reset",
        "aacraid",
        r"(?P<dev>aacraid).*(?:adapter kernel panic|Host (?:bus|adapter) reset)",
    ),
    _kind("controller-reset", "lockup", r"(?P<dev>hpsa [\w:.]+).*lockup detected"),
    _kind("usb-reset", "USB device", r"usb (?P<dev>[\d.-]+): reset [\w -]+-?speed"),
)
_NVME = (
    _kind("nvme-timeout", "imeout", r"nvme (?P<dev>nvme\d+): I/O (?:tag )?\d+ .*timeout, "),
    _kind("nvme-abort", "bort", r"nvme (?P<dev>nvme\d+): Abort(?:ing| status)"),
    _kind(
        "device-lost", "nvme", r"nvme (?P<dev>nvme\d+): (?:controller is down|Removing after probe failure)"
    ),
    _kind("device-lost", "nvme", r"nvme (?P<dev>nvme\d+): (?:Disabling device|Device not ready; abort)"),
)
_FILE_SYSTEMS = (
    _kind("read-only-remount", "Remounting", rf"EXT[234]-fs \({_D}\): Remounting filesystem read-only"),
    _kind("ext4-error", "-fs error", rf"EXT[234]-fs error \(device {_D}\)"),
    _kind("ext4-error", "error count", rf"EXT[234]-fs \({_D}\): error count"),
    _kind("ext4-error", "JBD2", rf"JBD2: .*(?:[Ee]rror|[Aa]bort).* {_D}(?:-\d+)?\.?$"),
    _kind("ext4-error", "Aborting journal", rf"Aborting journal on device {_D}(?:-\d+)?\.?$"),
    _kind("ext4-error", "ill be lost", rf"EXT4-fs \({_D}\): .*[Dd]ata will be lost"),
    _kind(
        "ext4-error",
        "mounting fs with errors",
        rf"EXT[234]-fs(?: warning)? \(.*?{_D}\).*mounting fs with errors",
    ),
    _kind(
        "xfs-corruption", "XFS", rf"XFS \({_D}\): .*(?:orruption (?:of|detected)|CRC error|Internal error)"
    ),
    _kind("", "User initiated", r"XFS"),
    _kind("xfs-shutdown", "XFS", rf"XFS \({_D}\): .*(?:[Ss]hut(?:ting)? down|force_shutdown)"),
    _kind("xfs-corruption", "XFS", r"XFS: (?:Internal error|Corruption)"),
    _kind("xfs-io-error", "XFS", rf"XFS \({_D}\): .*(?:I/O error|error 5\b)"),
    _kind("fat-dirty", "not properly", rf"FAT-fs \({_D}\): Volume was not properly unmounted"),
    _kind("zfs-suspended", "suspended", r"Pool '(?P<dev>[^']+)' has encountered an uncorrectable I/O"),
    _kind("zfs-io-error", "zio pool", r"zio pool=\S+ vdev=(?P<dev>\S+) error="),
    _kind(
        "storage-lost",
        "not responding",
        r"(?:nfs: server|CIFS: .*Server) (?P<dev>\S+) (?:is )?not responding",
    ),
    _kind("storage-lost", "timed out", r"(?P<dev>session\d+): session recovery timed out"),
    _kind("storage-lost", "ping timeout", r"(?P<dev>connection[\d:]+): ping timeout"),
    _kind("storage-lost", "ailing path", r"multipath: (?P<dev>[\d:]+): Failing path"),
)
_BTRFS_KINDS = (
    _kind(
        "btrfs-device-errors",
        "errs: wr",
        r"bdev (?:/dev/)?(?P<dev>\S+) errs: wr (?!0, rd 0, flush 0, corrupt 0, gen 0)",
    ),
    _kind("", "errs: wr", r"errs: wr 0, rd 0, flush 0, corrupt 0, gen 0"),
    _kind("read-only-remount", "forced readonly", rf"{_BTRFS}.*forced readonly"),
    _kind("btrfs-corrected", "orrected", rf"{_BTRFS}:? read error corrected"),
    _kind("btrfs-corrected", "fixed up", rf"{_BTRFS}:? fixed up error"),
    _kind("btrfs-mount-failed", "open_ctree failed", rf"{_BTRFS}:? open_ctree failed"),
    _kind("btrfs-missing-device", "missing", rf"{_BTRFS}:? .*devid \d+ uuid \S+ is missing"),
    _kind("btrfs-corruption", "transid", rf"{_BTRFS}:? .*transid verify failed"),
    _kind("btrfs-corruption", "csum", rf"{_BTRFS}:? .*csum (?:failed|mismatch)"),
    _kind("btrfs-corruption", "checksum", rf"{_BTRFS}:? .*checksum (?:error|verify failed|mismatch)"),
    _kind(
        "btrfs-corruption", "orrupt", rf"{_BTRFS}:? .*(?:corrupt (?:leaf|node|extent)|corruption detected)"
    ),
    _kind("btrfs-corruption", "bad tree block", rf"{_BTRFS}:? .*bad tree block"),
    _kind("btrfs-corruption", "unable to find ref", rf"{_BTRFS}:? unable to find ref byte"),
    _kind("btrfs-corruption", "unable to fix", rf"{_BTRFS}:? .*unable to fixup"),
    _kind(
        "btrfs-corruption",
        "failed to",
        rf"{_BTRFS}:? failed to (?:read|verify|load) (?:chunk|tree|root|log|block)",
    ),
    _kind("no-space", "errno=-28", rf"{_BTRFS}:? .*errno=-28"),
    _kind("no-space", "error -28", rf"{_BTRFS}:? .*Transaction aborted \(error -28"),
    _kind("btrfs-io-error", "lost page write", r"lost page write due to IO error on (?:/dev/)?(?P<dev>\S+)"),
    _kind("btrfs-io-error", "errno=-5", rf"{_BTRFS}:? .*errno=-5"),
)
_MD = (
    _kind("md-failed-member", "Disk failure on", rf"Disk failure on {_D}, disabling"),
    _kind("md-kicked-member", "kicking", rf"md: kicking (?:non-fresh|faulty) {_D} from"),
    _kind("md-failed-array", "operational dev", rf"md/raid\w*:{_D}: not enough operational dev"),
    _kind("md-failed-array", "Cannot continue", rf"md/raid\w*:{_D}: Cannot continue operation"),
    _kind("md-failed-array", "dirty degraded", rf"md/raid\w*:{_D}: cannot start dirty degraded"),
    _kind(
        "md-uncorrected-read", "orrect", rf"read error (?:NOT corrected|not correctable).*? on {_D}\)?\.?$"
    ),
    _kind("md-corrected-read", "orrected", rf"md/raid\w*:\w+: read error corrected(?:.*? on {_D}\))?"),
    _kind("md-uncorrected-read", "nrecoverable I/O", rf"(?:md/)?raid\w*:? ?{_D}: .*unrecoverable I/O"),
    _kind("md-write-error", "super_written gets error", r"md: super_written gets error"),
    _kind(
        "md-degraded", "mirrors", rf"md/raid1:{_D}: active with (?!(\d+) out of \2 )\d+ out of \d+ mirrors"
    ),
)
_MAPPER = (
    _kind(
        "thin-pool-full",
        "thin",
        r"thin: (?P<dev>[\d:]+): (?:.*out-of-data|.*to read-only|no free (?:data|meta))",
    ),
    _kind("thin-pool-low", "water mark", r"thin: (?P<dev>[\d:]+): reached low water mark"),
    _kind("snapshot-lost", "nvalidating snapshot", r"device-mapper: snapshots: Invalidating snapshot"),
    _kind(
        "integrity-error",
        "ntegrity",
        r"device-mapper: (?:integrity|crypt): (?:(?P<dev>[\w-]+): )?.*(?:[Cc]hecksum failed|AEAD)",
    ),
    _kind("io-error", "backing dev", r"bcache: .*? (?P<dev>\w+): (?:IO|I/O) error on backing"),
    _kind("split-brain", "rain", r"(?:block )?(?P<dev>drbd\d+|drbd \S+?):? .*[Ss]plit-[Bb]rain detected"),
)
_MEMORY = (
    _kind("edac-uncorrected", "EDAC", r"EDAC (?P<dev>MC\d+): (?P<count>\d+) UE"),
    _kind("edac-corrected", "EDAC", r"EDAC (?P<dev>MC\d+): (?P<count>\d+) CE"),
    _kind("edac-corrected", "EDAC", r"EDAC .*?(?P<dev>MC\d+).*?\bCE\b"),
    _kind(
        "mce", "ardware Error", r"mce: \[Hardware Error\]: (?:Machine check events logged|CPU \d+: Machine)"
    ),
    _kind("mce-fatal", "ardware Error", r"\[Hardware Error\]: event severity: (?:fatal|recoverable)"),
    _kind("mce", "ardware Error", r"\[Hardware Error\]: event severity: corrected"),
    _kind("mce-fatal", "emory failure", r"Memory failure: 0x\w+:"),
    _kind(
        "pcie-uncorrected", "severity=Uncorrected", r"(?P<dev>[\da-f]{4}:[\da-f:.]+): .*severity=Uncorrected"
    ),
    _kind("pcie-corrected", "severity=Corrected", r"(?P<dev>[\da-f]{4}:[\da-f:.]+): .*severity=Corrected"),
    _kind("oom-kill", "ut of memory", r"ut of memory: Kill(?:ed)? process \d+,? \(?(?P<dev>[^),]+)"),
)

KINDS = (*_BLOCK, *_ATA, *_SCSI, *_NVME, *_MD, *_FILE_SYSTEMS, *_BTRFS_KINDS, *_MAPPER, *_MEMORY)
"""In the order in which they are tried; an empty name: harmless, look no further."""


def kind_of(message: str) -> tuple[str, str, int] | None:
    """Kind, device as named and number of occurrences of a message; None if it tells no trouble."""
    for kind in KINDS:
        if kind.holds in message and (found := kind.pattern.search(message)):
            if not kind.name:
                return None
            told = found.groupdict()
            device = (told.get("dev") or "").removeprefix("/dev/").rstrip(".:")
            return kind.name, device[:80], min(int(told.get("count") or 1), 10**9)
    return None
