"""What data say of their own load, whoever wrote it."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from chatdash_analysis.report.origins import says_what_was_loaded, with_origin

TOLD = {"start": "2026-01-01T00:00:00.000Z", "end": "2026-06-01T00:00:00.000Z", "gaps": []}


def _read(told: Any) -> pd.DataFrame:
    frame = pd.DataFrame({"created_at": [pd.Timestamp("2026-05-01", tz="UTC")]})
    frame.attrs = {"chatdash": told}
    read = with_origin(frame)
    assert frame.attrs == {"chatdash": told}
    return read


def test_what_a_load_says_stays() -> None:
    gap = {"agent_id": "a", "start": "2026-05-03T00:00Z", "end": "2026-05-04T00:00Z"}
    told = {**TOLD, "gaps": [gap], "rejected": np.int64(3), "combinations": ["a"], "source": "x"}
    read = _read(told)
    assert says_what_was_loaded(read)
    origin = read.attrs["chatdash"]
    assert pd.Timestamp(origin["end"]) == pd.Timestamp(TOLD["end"])
    assert (origin["rejected"], origin["combinations"], origin["source"]) == (3, ["a"], "x")
    (kept,) = origin["gaps"]
    assert pd.Timestamp(kept["start"]) == pd.Timestamp(gap["start"])
    assert kept["reason"] is None


def test_moments_without_a_zone_are_utc() -> None:
    origin = _read({"start": "2026-01-01", "end": date(2026, 6, 1)}).attrs["chatdash"]
    assert origin["start"] == "2026-01-01T00:00:00+00:00"
    assert origin["end"] == "2026-06-01T00:00:00+00:00"


@pytest.mark.parametrize(
    "told",
    [
        None, [], "sample", 5, {"gaps": 5}, {"gaps": ["May"]}, {"gaps": [{"start": "2026-05-01"}]},
        {"start": 5}, {"end": "tomorrow"}, {"fetched_at": "x"}, {"rejected": "many"},
        {"rejected": -1}, {"combinations": [1]}, {"combinations": 7},
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_read_says_nothing(told: Any) -> None:
    read = _read({**TOLD, **told} if isinstance(told, dict) else told)
    assert read.attrs == {"chatdash": {}}
    assert not says_what_was_loaded(read)


def test_a_load_that_does_not_say_until_when_does_not_say_what_was_loaded() -> None:
    assert not says_what_was_loaded(_read({**TOLD, "end": None}))
    assert not says_what_was_loaded(pd.DataFrame({"a": [1]}))
