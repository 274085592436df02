"""Tests of chatdash_analysis.privacy.scrubbers and of its two libraries."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from chatdash_analysis.errors import InputError
from chatdash_analysis.privacy import thorough
from chatdash_analysis.privacy.pseudonymizing import pseudonymize
from chatdash_analysis.privacy.scrubbers import check_scrubber, scrubbed, scrubber_name
from chatdash_analysis.sandbox.sampling import load_sample

TEXTS = [
    "mail zoe@x.de or +49 171 1234567",
    "passport C01X00T47, pin 12",
    "",
    "zoe is in",
    "[name]",
]


@pytest.fixture
def libraries():
    pytest.importorskip("phonenumbers")
    pytest.importorskip("datafog")


def test_the_default_masks_forms_and_known_names() -> None:
    known = [[], [], [], ["Zoe"], []]
    assert scrubbed(TEXTS[2:], known[2:], "default") == ["", "[name] is in", "[name]"]


def test_without_the_libraries_thorough_says_how_to_get_them(monkeypatch) -> None:
    monkeypatch.setattr(thorough, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'chatdash_analysis\[pii\]'"):
        check_scrubber("thorough")


def test_a_scrubber_is_known_by_its_name() -> None:
    assert scrubber_name("default") == "default"
    assert scrubber_name(scrubbed) == "chatdash_analysis.privacy.scrubbers.scrubbed"
    assert "<lambda>" in scrubber_name(lambda texts: texts)


@pytest.mark.parametrize("answer", [None, "xxxxx", b"xxxxx", 5])
def test_a_function_that_returns_no_list_is_refused(answer) -> None:
    with pytest.raises(InputError, match=f"returned a {type(answer).__name__}"):
        scrubbed(TEXTS, [[]] * len(TEXTS), lambda texts: answer)


def test_a_function_may_return_any_run_of_texts() -> None:
    assert scrubbed(["a", "b"], [[], []], lambda texts: (text * 2 for text in texts)) == [
        "aa",
        "bb",
    ]


def test_thorough_masks_what_the_default_does_and_leaves_masks_as_they_are(libraries) -> None:
    known = [[], [], [], ["Zoe"], []]
    plain, more = (scrubbed(TEXTS, known, how) for how in ("default", "thorough"))
    assert more[0] == plain[0] == "mail [email] or [phone]"
    assert more[2:] == plain[2:]
    assert scrubbed(more, known, "thorough") == more


def test_thorough_masks_what_only_the_libraries_know(libraries, monkeypatch) -> None:
    texts = ["C1X2 DE12 zoe@x.de and +1 212 555 0100 end", "no. 12-34"]
    import pandas as pd

    found = thorough.without_more(pd.Series(texts)).tolist()
    assert found == ["C1X2 DE12 [email] and [phone] end", "no. 12-34"]


def test_thorough_makes_pseudonyms_tables_like_the_default(libraries) -> None:
    sample = load_sample(200)
    private = pseudonymize(sample, secret="correct horse battery staple", scrub="thorough")
    assert (private.dtypes == sample.dtypes).all()
    assert not private["summary"].str.contains("@", regex=False).any()
    assert private.attrs["chatdash"]["privacy"]["scrub"] == "thorough"


def test_the_libraries_reach_no_network_and_write_no_file(libraries, tmp_path) -> None:
    program = (
        "import socket, pandas as pd\n"
        "def refuse(*args, **kwargs): raise SystemExit('network')\n"
        "socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse\n"
        "from chatdash_analysis.privacy.thorough import without_more\n"
        "print(without_more(pd.Series(['a@b.de'])).tolist())\n"
    )
    environment = {**os.environ, "HOME": str(tmp_path), "DATAFOG_TELEMETRY": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "['[email]']"
    assert list(tmp_path.iterdir()) == []
