from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from chatdash_analysis.loading.arrange import months_of, order, pick
from tests.loading.store_tables import row, table

Key = tuple[str, int, str | None]

KEYS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "é", "\U0001f600"]),
        st.integers(0, 3),
        st.sampled_from(["x", "y", "z", None]),
    ),
    max_size=12,
)


@given(KEYS)
def test_rows_are_ordered_by_agent_time_and_id_without_an_id_last(keys: list[Key]) -> None:
    made = table([row(key, at, agent) for agent, at, key in keys])
    ordered = [keys[place] for place in order(made)]
    assert ordered == sorted(keys, key=lambda k: (k[0], k[1], k[2] is None, k[2] or ""))


@given(st.integers(0, 40), st.data())
def test_picked_rows_are_those_asked_for_in_that_order(size: int, data: st.DataObject) -> None:
    numbers = pa.table({"n": pa.chunked_array([range(size // 2), range(size // 2, size)], "int64")})
    cuts = data.draw(st.lists(st.integers(0, size), max_size=6).map(sorted))
    pieces = np.split(np.arange(size), cuts)
    rows = np.concatenate(data.draw(st.permutations(pieces))[: data.draw(st.integers(1, 7))])
    assert pick(numbers, rows)["n"].to_pylist() == rows.tolist()


def test_a_month_is_that_of_utc() -> None:
    last = int(np.datetime64("2026-01-31T23:59:59.999999", "us").astype("int64"))
    months = months_of(np.array([last, last + 1, -1, 0]))
    assert [str(month) for month in months] == ["2026-01", "2026-02", "1969-12", "1970-01"]
