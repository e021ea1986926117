"""Times as C programs write them, held against strptime."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.moments import ctime, date

TIMES = st.integers(0, 7_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))
NO_TIMES = ("", "n/a", "Mon Nov 31 03:09:30 2026", "Mon Foo 23 03:09:30 2026", "Nov 23 25:00:00 2026")


@given(TIMES)
def test_what_ctime_writes_is_read(at: datetime) -> None:
    assert ctime(at.strftime("%a %b %d %H:%M:%S %Y")) == at
    assert ctime(at.strftime("%b %e %H:%M:%S %Y")) == at


@given(TIMES)
def test_dates(at: datetime) -> None:
    day = at.replace(hour=0, minute=0, second=0)
    for shape in ("%Y/%m/%d", "%Y-%m-%d", "%m/%d/%Y", "%d.%m.%Y"):
        assert date(at.strftime(shape)) == day


@pytest.mark.parametrize(("words", "year"), [("05/12/23", 2023), ("05/12/68", 2068), ("05/12/69", 1969)])
def test_two_digits_of_a_year(words: str, year: int) -> None:
    assert date(words) == datetime(year, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize("words", NO_TIMES)
def test_no_time(words: str) -> None:
    assert ctime(words) is None
    assert date(words) is None


@given(st.text())
def test_nothing_is_raised(words: str) -> None:
    ctime(words)
    date(words)
