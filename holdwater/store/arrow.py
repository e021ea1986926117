"""The one border between rows and Parquet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from holdwater.store.tables import kept_as

if TYPE_CHECKING:
    import pyarrow

    from holdwater.store.layout import Stored

LARGEST = 2**63
Columns = Mapping[str, tuple[Any, str]]


def arrow_type(python_type: Any) -> pyarrow.DataType:
    """How values of a column are kept. Times are UTC, without a zone."""
    import pyarrow as pa

    kinds = {
        str: pa.string(),
        int: pa.int64(),
        float: pa.float64(),
        bool: pa.bool_(),
        datetime: pa.timestamp("us"),
    }
    return kinds[python_type]


def schema(columns: Columns) -> pyarrow.Schema:
    """The columns' names, types and sentences."""
    import pyarrow as pa

    return pa.schema(
        pa.field(name, arrow_type(kind), metadata={"doc": doc}) for name, (kind, doc) in columns.items()
    )


def table(
    columns: Columns, rows: Sequence[Any], targets: Sequence[str] | None, audit: Stored
) -> pyarrow.Table:
    """Rows of one table. *targets*: whose each row is, where the rows do not say it."""
    import pyarrow as pa

    first = {"site": audit.site, "audit_at": _utc(audit.at), "audit_id": audit.audit}
    arrays = []
    for name, (kind, _) in columns.items():
        if name in first:
            arrays.append(pa.repeat(pa.scalar(clean(first[name], kind), arrow_type(kind)), len(rows)))
        elif name == "target" and targets is not None:
            arrays.append(array(targets, kind))
        else:
            own = name.removeprefix("own_")
            asked = own if targets is not None and kept_as(own) == name else name
            arrays.append(array([getattr(row, asked) for row in rows], kind))
    return pa.Table.from_arrays(arrays, schema=schema(columns))


def array(values: Sequence[Any], kind: Any) -> pyarrow.Array:
    """The values as they are kept; what cannot be kept (a number beyond 64 bits) counts as not told."""
    import pyarrow as pa

    if kind is not datetime:
        try:
            return pa.array(values, arrow_type(kind))
        except (pa.ArrowException, OverflowError, UnicodeError, TypeError, ValueError):
            pass
    return pa.array([clean(value, kind) for value in values], arrow_type(kind))


def clean(value: Any, kind: Any) -> Any:
    """The value if a column of that kind can hold it, else None; text always can."""
    if kind is str:
        return None if value is None else str(value).encode("utf-8", "replace").decode("utf-8")
    if kind is datetime:
        return _utc(value) if isinstance(value, datetime) else None
    if kind is float:
        return float(value) if isinstance(value, int | float) and abs(value) < 1e308 else None
    if kind is int:
        return int(value) if isinstance(value, int) and -LARGEST <= value < LARGEST else None
    return value if isinstance(value, bool) else None


def _utc(value: datetime) -> datetime | None:
    try:
        return (value.astimezone(UTC) if value.tzinfo else value).replace(tzinfo=None)
    except (OverflowError, ValueError):
        return None


def parquet(told: pyarrow.Table, *, statistics: bool = False) -> bytes:
    """The table as the bytes of a Parquet file. *statistics*: worth their room in large ones only."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    into = pa.BufferOutputStream()
    pq.write_table(
        told,
        into,
        compression="zstd",
        row_group_size=262_144,
        store_schema=False,
        write_statistics=statistics,
    )
    raw: bytes = into.getvalue().to_pybytes()
    return raw
