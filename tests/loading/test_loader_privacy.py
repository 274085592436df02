"""What reaches the disk, and the user, when people are not to be kept."""

from __future__ import annotations

import os
import pickle
import random
import time
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow.parquet as pq
import pytest

import chatdash_analysis as cda
from chatdash_analysis.privacy.policy import PseudonymPolicy
from chatdash_analysis.privacy.pseudonymizing import pseudonymize
from chatdash_analysis.sandbox.behaviour import Behaviour
from chatdash_analysis.sandbox.server import StandIn
from tests.loading import privacy_children as children
from tests.loading.loads import answer, starting
from tests.loading.made import AGENT, AGENTS, KEY
from tests.loading.privacy_children import PLANTED, SECRET

if TYPE_CHECKING:
    from pathlib import Path

ROWS = children.rows(120)
RANGE = {"start": "2026-03-01", "end": "2026-05-01"}
POLICY = PseudonymPolicy(secret=SECRET)

pytestmark = pytest.mark.usefixtures("clean_environment", "no_waits")


@pytest.fixture(scope="module")
def service():
    with StandIn(ROWS, AGENTS) as running:
        yield running


def load(service: StandIn, cache: Path, pii: object = "keep", **others: object) -> pd.DataFrame:
    client = cda.Client(KEY, base_url=service.url)
    return cda.load_conversations(
        AGENT, client=client, cache_dir=cache, pii=pii, **{**RANGE, **others}
    )


def planted_in(cache: Path) -> set[str]:
    """Return which planted values some file holds, in its name, its bytes or its columns."""
    texts = []
    for path in cache.rglob("*"):
        texts.append(path.name)
        if path.is_file():
            texts.append(path.read_bytes().decode("utf-8", "replace"))
            if path.suffix == ".parquet":
                table = pq.read_table(path)
                texts += [str(table.to_pylist()), str(table.schema.metadata), str(table.schema)]
    whole = "\n".join(texts).casefold()
    return {value for value in PLANTED if value in whole or value in whole.replace(" ", "")}


def test_what_is_planted_is_there_where_people_are_kept(service, tmp_path):
    load(service, tmp_path)
    assert planted_in(tmp_path) == set(PLANTED)


@pytest.mark.parametrize("pii", ["drop", POLICY], ids=["drop", "pseudonyms"])
def test_nothing_that_names_people_reaches_the_disk_or_the_user(service, tmp_path, pii):
    frame = load(service, tmp_path, pii)
    assert len(frame) == len(ROWS)
    assert any(tmp_path.rglob("*.parquet"))
    assert planted_in(tmp_path) == set()
    shown = (frame.to_csv() + str(frame.attrs)).casefold()
    assert [value for value in PLANTED if value in shown] == []
    assert frame["custom_booked"].equals(load(service, tmp_path / "raw")["custom_booked"])


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_killed_half_way_a_load_leaves_nothing_that_names_people(service, tmp_path):
    service.behaviour = Behaviour(delay=0.01)
    written = 0
    with starting() as start:
        for turn in range(4):
            cache = tmp_path / str(turn)
            options = {"agents": [AGENT], "cache_dir": str(cache), **RANGE}
            process, _ = start(children.load, service.url, options)
            last = len(service.requests) + 6 + 10 * turn
            while len(service.requests) < last and process.is_alive():
                time.sleep(0.002)
            time.sleep(random.uniform(0, 0.1))
            process.kill()
            process.join()
            assert planted_in(cache) == set()
            written += any(cache.rglob("*.parquet"))
        assert written > 0
        said = start(children.load, service.url, options)[1]
        assert answer(said) == len(ROWS)
    service.behaviour = Behaviour()
    assert planted_in(tmp_path) == set()


def test_users_are_the_same_whether_pseudonyms_are_made_before_or_after(service, tmp_path):
    before = load(service, tmp_path, POLICY)
    raw = load(service, tmp_path)
    after = pseudonymize(raw, secret=SECRET)
    for name in ("phone", "lead_id", "ip_address", "summary", "custom_caller_name", "metadata"):
        assert before[name].equals(after[name]), name
    for rule in ("strict", "default", "loose"):
        tables = [cda.identify_users(frame, rule=rule)["user_id"] for frame in (before, raw)]
        first, second = (pd.factorize(table)[0].tolist() for table in tables)
        assert first == second
    assert before.attrs["chatdash"]["privacy"] == after.attrs["chatdash"]["privacy"]


def test_each_choice_has_a_cache_of_its_own_that_the_others_do_not_read(service, tmp_path):
    other = PseudonymPolicy(secret="another horse battery staple")
    noted = PseudonymPolicy(secret=SECRET, drop=["note"])
    for pii in ("keep", "drop", POLICY, other, noted):
        with pytest.raises(cda.IncompleteError, match="not in the cache"):
            load(service, tmp_path, pii, refresh="never")
        fresh = load(service, tmp_path, pii)
        again = load(service, tmp_path, pii, refresh="never")
        pd.testing.assert_frame_equal(fresh, again, check_flags=False)
    assert len(list(tmp_path.glob("*/manifest.json"))) == 5
    info = cda.cache_info(tmp_path)
    assert info["conversations"].tolist() == [len(ROWS)] * 5
    key = POLICY.describe()["key_id"]
    assert sorted(info["pii"])[:2] == ["drop", "keep"]
    assert (info["pii"] == f"pseudonyms, key {key}").sum() == 2
    assert cda.verify_cache(tmp_path)["ok"].all()
    assert load(service, tmp_path, noted, refresh="never")["note"].isna().all()
    cda.clear_cache(AGENT, cache_dir=tmp_path)
    assert cda.cache_info(tmp_path).empty


def test_an_engine_scans_the_cache_of_the_choice(service, tmp_path):
    frame = load(service, tmp_path, POLICY)
    scanned = cda.scan_cache(
        engine="polars", cache_dir=tmp_path, base_url=service.url, pii=POLICY, **RANGE
    ).collect()
    assert sorted(scanned["phone"].drop_nulls()) == sorted(frame["phone"].dropna())


def test_a_refresh_of_pseudonyms_gives_what_a_first_load_gives(service, tmp_path):
    first = load(service, tmp_path / "a", POLICY)
    load(service, tmp_path / "b", POLICY, end="2026-03-20")
    second = load(service, tmp_path / "b", POLICY, refresh="all")
    pd.testing.assert_frame_equal(first, second, check_flags=False)


def test_errors_and_gaps_quote_nothing_of_an_answer(tmp_path):
    broken = Behaviour(fail_every=1, fail_with="truncate", fault_routes=("conversations",))
    narrow = {"start": "2026-03-05T00:00:00", "end": "2026-03-05T12:00:00"}
    with StandIn(ROWS, AGENTS, behaviour=broken) as service:
        frame = load(service, tmp_path, POLICY, allow_gaps=True, **narrow)
    gaps = frame.attrs["chatdash"]["gaps"]
    assert "ends inside" in str(gaps)
    assert [value for value in PLANTED if value in str(gaps).casefold()] == []


def test_a_file_is_read_without_people(tmp_path):
    import json

    path = tmp_path / "answer.json"
    path.write_text(json.dumps(ROWS))
    for pii in ("drop", POLICY):
        frame = cda.read_conversations(path, pii=pii)
        shown = (frame.to_csv() + str(frame.attrs)).casefold()
        assert [value for value in PLANTED if value in shown] == []
        assert len(frame) == len(ROWS)
    assert len(frame["phone"].dropna().unique()) == 1


@pytest.mark.parametrize("pii", [None, "pseudonyms", True, 5, {"secret": SECRET}])
def test_an_unknown_choice_is_refused(service, tmp_path, pii):
    with pytest.raises(cda.InputError, match="give 'keep', 'drop' or PseudonymPolicy"):
        load(service, tmp_path, pii)
    assert not any(tmp_path.iterdir())


def test_a_policy_for_loading_must_name_columns_and_functions_that_are_found_again(
    service, tmp_path
):
    with pytest.raises(cda.InputError, match="'topik'"):
        load(service, tmp_path, PseudonymPolicy(secret=SECRET, drop=["topik"]))
    with pytest.raises(cda.InputError, match="needs a name"):
        load(service, tmp_path, PseudonymPolicy(secret=SECRET, scrub=lambda texts: texts))


def test_a_loaded_table_can_be_pickled_but_no_policy(service, tmp_path):
    frame = load(service, tmp_path, POLICY)
    assert SECRET.encode() not in pickle.dumps(frame)
    with pytest.raises(cda.InputError, match="not pickled"):
        pickle.dumps(POLICY)
