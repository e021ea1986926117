"""The one border between typed rows and frames."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

import pandas as pd
from pandas.api.types import pandas_dtype

from collectors.fact import Fact
from collectors.table import Row

R = TypeVar("R", bound=Row)

DTYPES: dict[Any, str] = {
    str: "string",
    int: "Int64",
    float: "Float64",
    bool: "boolean",
    datetime: "datetime64[us, UTC]",
}


def dtypes(row_type: type[Row]) -> dict[str, Any]:
    """Columns of the table and their types; every one of them may be empty."""
    hints = typing.get_type_hints(row_type)
    return {
        field.name: pandas_dtype(DTYPES[known(hints[field.name])]) for field in dataclasses.fields(row_type)
    }


def known(hint: Any) -> Any:
    """The type of a value that is told: `int` for `int | None`."""
    if isinstance(hint, types.UnionType):
        (hint,) = (arm for arm in typing.get_args(hint) if arm is not types.NoneType)
    return hint


def frame_of(row_type: type[R], facts: Sequence[Fact[R]]) -> pd.DataFrame:
    """The facts as a frame, which has every column even when there is no fact."""
    columns = {"target": pd.Series([fact.target for fact in facts], dtype=pandas_dtype("string"))}
    for name, dtype in dtypes(row_type).items():
        columns[name] = pd.Series([getattr(fact.row, name) for fact in facts], dtype=dtype)
    return pd.DataFrame(columns)


def facts_of(row_type: type[R], frame: pd.DataFrame) -> Iterator[Fact[R]]:
    """The rows of the frame, typed again; a missing value becomes None."""
    names = list(dtypes(row_type))
    told = frame[["target", *names]].astype(object).where(frame[["target", *names]].notna(), None)
    for target, *values in told.itertuples(index=False, name=None):
        yield Fact(target, row_type(**dict(zip(names, map(plain, values), strict=True))), ())


def plain(value: Any) -> Any:
    return value.to_pydatetime() if isinstance(value, pd.Timestamp) else value
