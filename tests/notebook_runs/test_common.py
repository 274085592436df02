"""Parameters that every notebook has: what makes no sense is refused before a run."""

from __future__ import annotations

import re

import pytest

from chatdash_analysis.errors import InputError
from chatdash_analysis.notebook_runs.reading import Parameter
from chatdash_analysis.notebook_runs.values import read_values

PARAMETERS = [
    Parameter("start", "2026-01-01", "first day"),
    Parameter("end", "2026-07-01", "first day after"),
    Parameter("tz", "Europe/Berlin", "time zone"),
    Parameter("size", 6_000, "number"),
    Parameter("seed", 0, "a seed"),
]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["tz=Berlin"], "tz='Berlin' is no time zone. Give a name such as 'Europe/Berlin'"),
        (["start=May"], "start='May' is no date or time. Give ISO 8601 text"),
        (["end=2026-02-30"], "end='2026-02-30' is no date or time"),
        (["start=2026-07-01"], "start=2026-07-01 is not before end=2026-07-01"),
        (["end=2025-12-31"], "start=2026-01-01 is not before end=2025-12-31"),
        (["start=2026-03-02", "end=2026-03-01"], "is not before end=2026-03-01"),
        (["size=0"], "size=0 cannot be used. Give a whole number from 1."),
        (["seed=-1"], "seed=-1 cannot be used. Give a whole number from 0."),
    ],
)
def test_what_makes_no_sense_is_refused(given, message):
    with pytest.raises(InputError, match=re.escape(message)):
        read_values(PARAMETERS, given)


def test_what_makes_sense_is_taken():
    given = ["start=2026-06-30", "end=2026-07-01", "tz=UTC", "size=1", "seed=0"]
    assert read_values(PARAMETERS, given)["end"] == "2026-07-01"
    assert read_values(PARAMETERS[:1], ["start=2027-01-01"]) == {"start": "2027-01-01"}


def test_parameters_of_other_kinds_have_the_name_alone_in_common():
    others = [Parameter("start", 8, "an hour"), Parameter("end", 9, ""), Parameter("size", 0.5, "")]
    given = ["start=17", "end=9", "size=-1.5"]
    assert read_values(others, given) == {"start": 17, "end": 9, "size": -1.5}
