"""`site.toml`: the name of a site, its targets, its assets, and the limits it wants."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.finding import Waiver
from analyzer.site import Asset, Limits
from collectors.fact import Fact
from collectors.table import Row
from collectors.targets.repository_address import Access, is_catalog, is_repository
from collectors.targets.veeam_address import is_veeam
from holdwater import waivers
from holdwater.declared_file import BLOCKS, TABLES, facts_of, hours, size
from holdwater.delivery_file import DELIVERY, delivery
from holdwater.errors import CannotRun

if TYPE_CHECKING:
    from holdwater.mail_file import MailSettings
    from holdwater.schedule_file import Schedule
    from holdwater.webhook_file import Webhook

NAME = "site.toml"


_ACCESS = {"password_file", "password_command", "location_file", "check"}
"""Keys of a [[targets]] block that is a repository."""


@dataclass(frozen=True, slots=True)
class TargetEntry:
    """One target to ask: *address* is `""` or `local` for this machine, `ssh://user@host:port`, an API.

    *access*: how a repository is opened.
    """

    address: str
    name: str = ""
    access: Access | None = None


@dataclass(frozen=True, slots=True)
class BrandEntry:
    """Whose documents these are: looked at when a document is written, see :mod:`reports.brand`."""

    name: str = ""
    logo: Path | None = None
    accent: str = ""


@dataclass(frozen=True, slots=True)
class SiteFile:
    """What `site.toml` says; all empty where there is none."""

    name: str = ""
    sudo: bool = True
    probe: bool = False
    language: str = "en"
    templates: Path | None = None
    targets: tuple[TargetEntry, ...] = ()
    assets: tuple[Asset, ...] = ()
    declared: tuple[Fact[Row], ...] = ()
    limits: Limits = field(default_factory=dict)
    waivers: tuple[Waiver, ...] = ()
    brand: BrandEntry = field(default_factory=BrandEntry)
    mail: MailSettings | None = None
    webhooks: tuple[Webhook, ...] = ()
    schedule: Schedule | None = None


def load(path: Path | None) -> SiteFile:
    """Read a site file; None means `site.toml` here if there is one.

    Raises CannotRun with the line to mend if it is no TOML or says what is not known.
    """
    if path is None:
        path = Path(NAME)
        if not path.is_file():
            return SiteFile()
    try:
        told = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CannotRun(f"{path}: {error}") from error
    try:
        return _understood(told, path.parent)
    except (TypeError, ValueError, KeyError) as error:
        raise CannotRun(f"{path}: {error}") from error


def _understood(told: dict[str, Any], folder: Path) -> SiteFile:
    known = {"site", "targets", "assets", "limits", "waivers", "brand", *DELIVERY, *BLOCKS, *TABLES}
    _only(told, known, "at the top")
    site = told.get("site", {})
    _only(site, {"name", "sudo", "language", "templates", "place", "admin"}, "in [site]")
    exposure = told.get("exposure", {})
    _one_of(exposure, "probe_from", ("users", "production", "management", "internet"))
    limits = told.get("limits", {})
    if not isinstance(limits, dict) or not all(isinstance(one, dict) for one in limits.values()):
        raise ValueError('limits: one table for each rule is wanted, like [limits."capacity/used"]')
    return SiteFile(
        name=_text(site.get("name", ""), "site.name"),
        sudo=bool(site.get("sudo", True)),
        probe=isinstance(exposure, dict) and exposure.get("probe") is True,
        language=_text(site.get("language", "en"), "site.language"),
        templates=folder / _text(site["templates"], "site.templates") if "templates" in site else None,
        targets=tuple(_target(one) for one in _blocks(told, "targets")),
        assets=tuple(_asset(one) for one in _blocks(told, "assets")),
        declared=facts_of(told),
        limits=limits,
        brand=_brand(told.get("brand", {}), folder),
        waivers=tuple(waivers.understood(one) for one in _blocks(told, "waivers")),
        **delivery(told, folder),
    )


def _one_of(told: Any, key: str, words: tuple[str, ...]) -> None:
    if isinstance(told, dict) and told.get(key, words[0]) not in words:
        raise ValueError(f"exposure.{key}: {', '.join(words)} are known, not {told[key]!r}")


def _brand(told: dict[str, Any], folder: Path) -> BrandEntry:
    _only(told, {"name", "logo", "accent"}, "in [brand]")
    texts = {name: _text(value, f"brand.{name}") for name, value in told.items()}
    return BrandEntry(
        name=texts.get("name", ""),
        logo=folder / texts["logo"] if texts.get("logo") else None,
        accent=texts.get("accent", ""),
    )


def _blocks(told: dict[str, Any], name: str) -> list[Any]:
    blocks = told.get(name, [])
    if not isinstance(blocks, list):
        raise ValueError(f"{name}: blocks headed [[{name}]] are wanted, not {blocks!r}")
    return blocks


def _target(told: dict[str, Any]) -> TargetEntry:
    _only(told, {"address", "name", "place", "admin"} | _ACCESS, "in [[targets]]")
    if "address" not in told:
        raise ValueError("a [[targets]] block has no address (ssh://user@host, or local)")
    address, name = _text(told["address"], "address"), _text(told.get("name", ""), "name")
    if not told.keys() & _ACCESS:
        return TargetEntry(address, name)
    if not (is_repository(address) or is_catalog(address) or is_veeam(address)):
        keys = ", ".join(sorted(told.keys() & _ACCESS))
        raise ValueError(f"{keys}: only for restic:, borg:, bacula+ and veeam:// addresses")
    references = {key: _text(told.get(key, ""), key) for key in _ACCESS - {"check"}}
    return TargetEntry(address, name, Access(**references, check=_check(told.get("check", False))))


def _check(told: Any) -> str:
    """`structure`, or the percentage of the content to be read; empty: no check."""
    share = re.fullmatch(r"(\d{1,2}|100)%", told) if isinstance(told, str) else None
    words: dict[Any, str] = {False: "", True: "structure", "structure": "structure", "full": "100"}
    if share is None and (not isinstance(told, bool | str) or told not in words):
        raise ValueError(f'check: "structure", "5%" or "full" is wanted, not {told!r}')
    return share[1] if share else words[told]


_ASSET_KEYS = {
    *("name", "tier", "owner", "kind", "rpo", "rto", "depends_on", "known_as", "place", "admin", "size"),
    *("no_backup", "paths", "keep"),
}


def _asset(told: dict[str, Any]) -> Asset:
    _only(told, _ASSET_KEYS, "in [[assets]]")
    tier, name = told.get("tier"), told.get("name")
    if tier not in (None, 1, 2, 3):
        raise ValueError(f"tier of {name!r} must be 1, 2 or 3, not {tier!r}")
    if not name:
        raise ValueError("an [[assets]] block has no name")
    return Asset(
        _text(name, "name"),
        tier,
        _text(told.get("owner", ""), "owner"),
        kind=_text(told.get("kind", ""), "kind"),
        rpo_hours=hours(told["rpo"], f"rpo of {name!r}") if "rpo" in told else None,
        rto_hours=hours(told["rto"], f"rto of {name!r}") if "rto" in told else None,
        depends_on=_texts(told.get("depends_on", []), "depends_on"),
        known_as=_texts(told.get("known_as", []), "known_as"),
        place=_text(told.get("place", ""), "place"),
        admin=_text(told.get("admin", ""), "admin"),
        size_bytes=size(told["size"], f"size of {name!r}") if "size" in told else None,
        keep_days=hours(told["keep"], f"keep of {name!r}") / 24 if "keep" in told else None,
        no_backup=told.get("no_backup") is True,
        paths=_texts(told.get("paths", []), "paths"),
    )


def _texts(value: Any, name: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError(f"{name}: a list of names is wanted, not {value!r}")
    return tuple(_text(one, name) for one in value)


def _only(told: Any, known: set[str], where: str) -> None:
    if not isinstance(told, dict):
        raise ValueError(f"{where}: a table is wanted, not {told!r}")
    for name in told.keys() - known:
        raise ValueError(f"{where}: {name!r} is not known; known: {', '.join(sorted(known))}")


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} must be text, not {value!r}")
    return value
