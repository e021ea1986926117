"""`--where`, `--sort` and `--columns`."""

import pytest

from holdwater.condition import ConditionError, select

ROWS = [
    {"target": "a", "name": "sda", "used": 91.5, "type": "ext4"},
    {"target": "a", "name": "sdb", "used": None, "type": "xfs"},
    {"target": "b", "name": "sdc", "used": 12, "type": "ext4"},
]


def names(**wanted: str) -> list[object]:
    return [row["name"] for row in select(ROWS, **wanted)]


def test_comparisons() -> None:
    assert names(where="used > 80") == ["sda"]
    assert names(where="type == 'ext4' and not used > 80") == ["sdc"]
    assert names(where="name in ('sda', 'sdb')") == ["sda", "sdb"]
    assert names(where="'d' in name and 10 < used <= 12") == ["sdc"]
    assert names(where="used / 2 + 1 < 8") == ["sdc"]


def test_what_was_not_told_compares_false_and_sorts_last() -> None:
    assert names(where="used < 1000") == ["sda", "sdc"]
    assert names(where="used is None") == ["sdb"]
    assert names(sort="-used") == ["sda", "sdc", "sdb"]
    assert names(sort="used") == ["sdc", "sda", "sdb"]


def test_columns() -> None:
    assert select(ROWS, columns="used,name")[0] == {"used": 91.5, "name": "sda"}
    assert "used" not in select([{"name": "x", "used": None}])[0]


@pytest.mark.parametrize(
    "where",
    [
        "__import__('os').system('true')",
        "name.upper() == 'SDA'",
        "[x for x in name]",
        "name[0]",
        "lambda: 1",
        "f'{name}'",
        "used >",
        "nothing == 1",
        "9**9**9",
        "(" * 200,
    ],
)
def test_anything_else_is_refused(where: str) -> None:
    with pytest.raises(ConditionError):
        select(ROWS, where=where)


def test_division_by_zero_is_not_told() -> None:
    assert names(where="used / 0 > 1") == []
