"""`--where`, `--sort` and `--columns` over rows: a small, safe part of Python's expressions."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

Told = Mapping[str, Any]

_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda value, group: value in group,
    ast.NotIn: lambda value, group: value not in group,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


class ConditionError(ValueError):
    """The expression cannot be understood; the message says where."""


def select(
    rows: Sequence[Told],
    *,
    where: str | None = None,
    sort: str | None = None,
    columns: str | None = None,
    names: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """The rows for which *where* holds, sorted, with the columns wanted (default: those that hold anything).

    A comparison with a value that was not told is false. *names*: the columns, where there is no row to tell.
    Raises ConditionError.
    """
    known = list(rows[0]) if rows else list(names)
    condition = None if where is None else _parsed(where)
    if condition is not None and not rows:
        _checked(condition, known)
    kept = [dict(row) for row in rows if condition is None or _true(condition, row)]
    if sort:
        name, backwards = sort.lstrip("-"), sort.startswith("-")
        if known:
            _known(name, known)
        told = [row for row in kept if row[name] is not None]
        told.sort(key=lambda row: _sortable(row[name]), reverse=backwards)
        kept = told + [row for row in kept if row[name] is None]
    if columns:
        wanted = [name.strip() for name in columns.split(",") if name.strip()]
        if known:
            for name in wanted:
                _known(name, known)
    else:
        wanted = [name for name in known if any(row[name] not in (None, "") for row in kept)]
    return [{name: row.get(name) for name in wanted} for row in kept]


def _known(name: str, known: Sequence[str]) -> None:
    if name not in known:
        near = get_close_matches(name, list(known), 1)
        meant = f" (did you mean {near[0]}?)" if near else ""
        raise ConditionError(f"there is no column {name!r}{meant}; `holdwater tables TABLE` lists them")


def _checked(node: ast.expr, known: Sequence[str]) -> None:
    for one in ast.walk(node):
        if isinstance(one, ast.Name):
            _known(one.id, known)


def _sortable(value: Any) -> tuple[int, Any]:
    return (0, value) if isinstance(value, int | float) else (1, str(value))


def _parsed(where: str) -> ast.expr:
    try:
        return ast.parse(where.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ConditionError(
            f"--where {where!r}: not an expression ({getattr(error, 'msg', error)})"
        ) from error


def _true(node: ast.expr, row: Told) -> bool:
    try:
        return bool(_value(node, row))
    except TypeError:
        return False  # a comparison with a value that was not told


def _value(node: ast.expr, row: Told) -> Any:
    match node:
        case ast.Constant(value=value) if isinstance(value, str | int | float | bool | None):
            return value
        case ast.Name(id=name):
            _known(name, list(row))
            return row[name]
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return [_value(one, row) for one in elements]
        case ast.BoolOp(op=ast.And(), values=values):
            return all(_true(one, row) for one in values)
        case ast.BoolOp(op=ast.Or(), values=values):
            return any(_true(one, row) for one in values)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _true(operand, row)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, row)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            try:
                return _ARITHMETIC[type(op)](_value(left, row), _value(right, row))
            except ZeroDivisionError:
                return None
        case ast.Compare(left=left, ops=ops, comparators=others):
            values = [_value(one, row) for one in (left, *others)]
            pairs = zip(values, ops, values[1:], strict=False)
            return all(_COMPARE[type(op)](a, b) for a, op, b in pairs)
    raise ConditionError(
        f"{ast.unparse(node)!r} is not allowed in --where; use comparisons, and, or, not, in"
    )
