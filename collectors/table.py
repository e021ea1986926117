"""Typed rows: the contract between what is collected and what is judged.

A row type is declared once with :func:`table`; its columns, with their sentences and units, are the schema,
its documentation and the frames. A column that a target may withhold is ``X | None`` with the default None:
None means "not told", never zero and never fine.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from typing import Any, ClassVar, TypeVar, dataclass_transform

from collectors.frozen import frozen_by_name


@frozen_by_name
class Row:
    """A fact about one target. Equality and representation stand here once: generating them for each of the
    many tables would double the time that a short command takes to start.
    """

    TABLE: ClassVar[str]
    KEY: ClassVar[tuple[str, ...]]
    KEY_OF: ClassVar[Callable[[Any], Any]]
    LABEL: ClassVar[tuple[str, ...]]
    LABEL_OF: ClassVar[Callable[[Any], Any]]
    ROOT: ClassVar[tuple[str, ...]]
    ROOT_OF: ClassVar[Callable[[Any], Any]]
    NUMBERS_OF: ClassVar[Callable[[Any], tuple[Any, ...]]]
    VALUES_OF: ClassVar[Callable[[Any], tuple[Any, ...]]]

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__class__.VALUES_OF(self) == self.__class__.VALUES_OF(other)

    def __hash__(self) -> int:
        return hash(self.__class__.VALUES_OF(self))

    def __repr__(self) -> str:
        told = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in dataclasses.fields(self))
        return f"{self.__class__.__qualname__}({told})"

    @property
    def subject(self) -> str:
        """What tells this row apart from the others of its table on the same target: its key columns."""
        told = self.__class__.KEY_OF(self)
        return str(told) if len(self.KEY) == 1 else "/".join(map(str, told))

    @property
    def label(self) -> str:
        """The name a person at the machine would use for the thing: its label columns, as far as told."""
        told = self.__class__.LABEL_OF(self)
        if len(self.LABEL) == 1:
            return "" if told is None else str(told)
        return " ".join([str(one) for one in told if one is not None])

    @property
    def root(self) -> str:
        """The thing at fault: rows of several tables about one disk or array share it."""
        told = self.__class__.ROOT_OF(self)
        return str(told) if len(self.ROOT) == 1 else "/".join(map(str, told))


def _getter(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """What gives the values of these columns of a row."""
    if len(names) > 1:
        return attrgetter(*names)
    if not names:
        return lambda row: ()
    only = attrgetter(names[0])
    return lambda row: (only(row),)


R = TypeVar("R", bound=Row)

TABLES: dict[str, type[Row]] = {}


def column(doc: str, *, default: Any = dataclasses.MISSING, path: str = "") -> Any:
    """A documented column.

    *doc* is one sentence; *default* is given (None) only if a target may not tell the value; *path* is where
    the value stands in the tool's JSON answer (`smart_status.passed`), so that a finding can point at it.
    """
    return dataclasses.field(default=default, metadata={"doc": doc, "path": path})


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(column,))
def table(
    name: str, *, key: tuple[str, ...], label: tuple[str, ...] = (), root: tuple[str, ...] = ()
) -> Callable[[type[R]], type[R]]:
    """Make the class the row type of table *name*.

    *key* tells its rows apart on a target; *label* is what a person calls them (default: the key); *root*
    names the thing at fault, by which findings are grouped for the score (default: the first key column).
    Raises ValueError if the name is taken.
    """

    def declare(cls: type[R]) -> type[R]:
        row_type = dataclasses.dataclass(slots=True, kw_only=True, eq=False, repr=False)(cls)
        row_type.TABLE, row_type.KEY, row_type.KEY_OF = name, key, attrgetter(*key)
        row_type.LABEL, row_type.ROOT = label or key, root or key[:1]
        row_type.LABEL_OF, row_type.ROOT_OF = attrgetter(*row_type.LABEL), attrgetter(*row_type.ROOT)
        columns = dataclasses.fields(row_type)
        row_type.VALUES_OF = _getter([one.name for one in columns])
        numbers = [one.name for one in columns if "int" in str(one.type) or "float" in str(one.type)]
        row_type.NUMBERS_OF = _getter(numbers)
        known = TABLES.setdefault(name, row_type)
        if known is not row_type and known.__qualname__ != row_type.__qualname__:
            raise ValueError(f"two tables are named {name!r}")
        return row_type

    return declare
