"""Parameters from the command line: kinds, refusals, and never a key."""

from __future__ import annotations

import re

import pytest

from chatdash_analysis.errors import InputError
from chatdash_analysis.notebook_runs.reading import Parameter
from chatdash_analysis.notebook_runs.values import read_values, without_key

KEY = "CD.00112233445566778899aabbccddeeff"
PARAMETERS = [
    Parameter("agents", None, "ids"),
    Parameter("start", "2026-01-01", "first day"),
    Parameter("word", "all", "a word"),
    Parameter("at", None, "a day"),
    Parameter("size", 6_000, "number"),
    Parameter("share", 0.5, "a share"),
    Parameter("whole", True, "yes or no"),
    Parameter("hours", (9, 17), "from and to"),
    Parameter("weights", None, "numbers", "list"),
    Parameter("options", {}, "cannot be given"),
]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("agents=6812e4", ["6812e4"]),
        ("agents=123456, 6812e4", ["123456", "6812e4"]),
        ("agents=None", None),
        ("word=2026", "2026"),
        ("word=True", "True"),
        ("word=a=b", "a=b"),
        ("at=2026-05-01", "2026-05-01"),
        ("at=None", None),
        ("size=20_000", 20_000),
        ("share=1e-3", 0.001),
        ("whole=false", False),
        ("whole=Yes", True),
        ("hours=8,18", [8, 18]),
        ("weights=a,b", ["a", "b"]),
    ],
)
def test_a_value_is_read_by_the_kind_of_the_default(given, expected):
    (value,) = read_values(PARAMETERS, [given]).values()
    assert value == expected
    assert type(value) is type(expected)


def test_the_order_and_the_names_are_those_given():
    given = ["size=1", "agents=a"]
    assert read_values(PARAMETERS, given) == {"size": 1, "agents": ["a"]}
    assert list(read_values(PARAMETERS, given)) == ["size", "agents"]
    assert read_values(PARAMETERS, []) == {}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["sizes=1"], "no parameter 'sizes'. Possible are agents (list), start (str)"),
        (["size"], "'size' is no parameter with a value"),
        (["agents="], "Write it as name=value"),
        (["=1"], "Write it as name=value"),
        (["size=1", "size=2"], "size is given twice"),
        (["size=1.5"], "size=1.5 cannot be read: it is a whole number. Its default is 6000"),
        (["share=nan"], "it is a number"),
        (["whole=1"], "it is true or false"),
        (["agents=a,,b"], "separated by commas"),
        (["agents=['a']"], "without brackets and quotes"),
        (["hours=9,late"], "hours=9,late cannot be read"),
        (["options=1"], "set in the notebook alone"),
    ],
)
def test_what_cannot_be_used_is_refused_with_what_is_possible(given, message):
    with pytest.raises(InputError, match=re.escape(message)):
        read_values(PARAMETERS, given)


@pytest.mark.parametrize(
    "given",
    [
        "api_key=x", "apikey=x", "ACCESS_TOKEN=x", "client_secret=x", "password=x",
        f"start={KEY}", f"agents=a,{KEY}", f"start=Bearer {KEY}", KEY, "start=my-own-key-0001",
    ],
)  # fmt: skip
def test_a_key_is_refused_and_not_repeated(given, monkeypatch):
    monkeypatch.setenv("CHATDASH_API_KEY", "my-own-key-0001")
    with pytest.raises(InputError, match="looks like a key") as caught:
        read_values([*PARAMETERS, Parameter("api_key", None, "")], [given])
    assert KEY not in str(caught.value)
    assert "0001" not in str(caught.value)


def test_the_key_of_the_environment_is_masked(monkeypatch):
    assert without_key(f"said {KEY}") == f"said {KEY}"
    monkeypatch.setenv("CHATDASH_API_KEY", KEY)
    assert without_key(f"said {KEY} twice: {KEY.lower()}") == "said *** twice: ***"


def test_a_notebook_without_parameters_says_so():
    with pytest.raises(InputError, match="This notebook has none"):
        read_values([], ["size=1"])
