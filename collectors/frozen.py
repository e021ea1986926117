"""Frozen value classes whose construction is cheap: an audit makes a thousand of them for each host.

What `dataclass(frozen=True)` adds at run time makes construction five times as slow. Here the type checker
alone holds that nothing is assigned to, and the decorator is a plain slotted dataclass with a hash.
"""

from __future__ import annotations

import dataclasses
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def frozen(cls: type[T]) -> type[T]:
    """Make the class a slotted dataclass that is never assigned to; a `__hash__` of its own is kept."""
    return dataclasses.dataclass(slots=True, unsafe_hash="__hash__" not in vars(cls))(cls)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(dataclasses.field,))
def frozen_by_name(cls: type[T]) -> type[T]:
    """The same, made with keyword arguments only."""
    return dataclasses.dataclass(slots=True, kw_only=True, unsafe_hash="__hash__" not in vars(cls))(cls)
