"""The loader against Prism, which knows nothing of this package but the contract."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pandas.testing as pdt
import pyarrow as pa
import pytest
import requests

import chatdash_analysis as cda
from chatdash_analysis.loading.parsing import parse_conversations
from chatdash_analysis.sandbox.behaviour import Behaviour
from chatdash_analysis.sandbox.sample import Sample
from chatdash_analysis.sandbox.server import StandIn
from chatdash_analysis.schema import COLUMNS
from tests.contract import prism
from tests.oracle import differences, read_losslessly, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.prism

KEY = "CD.prism"
# Made-up dates lie anywhere between 1890 and 1970.
ALL_TIMES = {"start": "1800-01-01", "end": "2100-01-01"}
COMBINATIONS = [("true", "true"), ("true", "false"), ("false", "true"), ("false", "false")]
WINDOWS = [
    ("2026-01-01T00:00:00.000Z", "2026-07-01T00:00:00.000Z"),
    ("2026-03-01T00:00:00.000Z", "2026-03-08T00:00:00.000Z"),
    ("2026-05-05T10:00:00.000Z", "2026-05-05T11:00:00.000Z"),
    ("1800-01-01T00:00:00.000Z", "2100-01-01T00:00:00.000Z"),
    ("2090-01-01T00:00:00.000Z", "2090-01-02T00:00:00.000Z"),
]


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CHATDASH_API_KEY", "CHATDASH_BASE_URL", "CHATDASH_CACHE_DIR", "CHATDASH_OFFLINE"):
        monkeypatch.delenv(name, raising=False)


# Seed 1 makes up one conversation, seed 3 five; both fill every property.
@pytest.fixture(scope="module", params=[1, 3])
def mock_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    with prism.mock(tmp_path_factory.mktemp("mock"), seed=request.param) as url:
        yield url


@pytest.fixture(scope="module")
def sample() -> Sample:
    return Sample(size=400, seed=5)


@pytest.fixture(scope="module")
def agent(sample: Sample) -> str:
    return str(next(iter(sample.agents()))["_id"])


@pytest.fixture(scope="module")
def service(sample: Sample) -> Iterator[StandIn]:
    # The contract knows no null and no empty date: what is absent has to be missing.
    exact = Behaviour(nulls="missing")
    with StandIn(sample.conversations(), sample.agents(), behaviour=exact) as running:
        yield running


@pytest.fixture(scope="module")
def proxy_url(service: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with prism.proxy(tmp_path_factory.mktemp("proxy"), service.url) as url:
        yield url


def test_the_parser_takes_what_the_mock_makes_up(mock_url: str) -> None:
    body = _ask(mock_url, "agent-1").content
    parsed = parse_conversations(io.BytesIO(body))
    assert parsed.rejected == []
    assert len(parsed.table) == len(json.loads(body)) > 0
    for sent, row in zip(read_losslessly(body), rows_of(parsed.table), strict=True):
        assert differences(sent, row) == []


def test_the_loader_takes_what_the_mock_makes_up(mock_url: str, tmp_path: Path) -> None:
    sent = {row["_id"]: row for row in read_losslessly(_ask(mock_url, "agent-1").content)}
    loaded = _load(mock_url, "agent-1", tmp_path, **ALL_TIMES)
    assert len(loaded) == len(sent)
    assert {column.name: str(loaded[column.name].dtype) for column in COLUMNS} == {
        column.name: column.dtype for column in COLUMNS
    }
    rows = {row["conversation_id"]: row for row in _rows(loaded)}
    # The mock does not know which agent it was asked about; the cache keeps rows by agent.
    asked = {key: {**row, "agentId": rows[key]["agent_id"]} for key, row in sent.items()}
    assert {key: found for key in sent if (found := differences(asked[key], rows[key]))} == {}


def test_a_second_load_of_the_mock_is_the_same(mock_url: str, tmp_path: Path) -> None:
    first = _load(mock_url, "agent-1", tmp_path, **ALL_TIMES)
    pdt.assert_frame_equal(_load(mock_url, "agent-1", tmp_path, **ALL_TIMES), first)


def test_loading_keeps_the_contract_in_requests_and_answers(
    proxy_url: str, service: StandIn, sample: Sample, tmp_path: Path
) -> None:
    agents = [agent["_id"] for agent in sample.agents()][:2]
    months = {"start": "2025-01-01", "end": "2027-01-01"}
    direct = _load(service.url, agents, tmp_path / "direct", key=service.api_key, **months)
    proxied = _load(proxy_url, agents, tmp_path / "proxied", key=service.api_key, **months)
    assert len(direct) > 50
    # The list of agents, which tells the platform, is no part of this contract.
    assert proxied["platform"].isna().all()
    pdt.assert_frame_equal(proxied.drop(columns="platform"), direct.drop(columns="platform"))


@pytest.mark.parametrize("flags", COMBINATIONS)
@pytest.mark.parametrize("window", WINDOWS)
def test_an_answer_to_any_flags_and_window_keeps_the_contract(
    proxy_url: str, service: StandIn, agent: str, flags: tuple[str, str], window: tuple[str, str]
) -> None:
    names = ("record", "interacted", "startDate", "endDate")
    asked = dict(zip(names, flags + window, strict=True))
    answer = _ask(proxy_url, agent, service.api_key, **asked)
    assert answer.status_code == 200, answer.text
    assert answer.json() == _ask(service.url, agent, service.api_key, **asked).json()


def test_a_request_against_the_contract_is_refused(
    proxy_url: str, service: StandIn, agent: str
) -> None:
    before = len(service.requests)
    answer = _ask(proxy_url, agent, service.api_key, record="maybe")
    assert answer.status_code == 422
    assert "record must be boolean" in answer.text
    assert len(service.requests) == before


def test_an_answer_against_the_contract_is_refused(
    proxy_url: str, service: StandIn, agent: str
) -> None:
    kept = service.behaviour
    service.behaviour = Behaviour(nulls="missing", numbers_as_text=True)
    try:
        answer = _ask(proxy_url, agent, service.api_key)
    finally:
        service.behaviour = kept
    assert answer.status_code == 500
    assert "must be number" in answer.text


def _load(
    url: str, agents: str | list[str], cache_dir: Path, *, key: str = KEY, **window: Any
) -> pd.DataFrame:
    client = cda.Client(key, base_url=url)
    return cda.load_conversations(agents, client=client, cache_dir=cache_dir, **window)


def _ask(url: str, agent: str, key: str = KEY, **params: str) -> requests.Response:
    address = f"{url}/agents/{agent}/conversations"
    return requests.get(address, params=params, headers={"Authorization": key}, timeout=60)


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return rows_of(pa.Table.from_pandas(frame, preserve_index=False))
