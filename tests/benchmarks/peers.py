"""The peers: what other tools need for the same work, one function each.

A peer may do less than this package does (none keeps what the contract does not know,
``plain`` leaves the dynamic columns as objects): that makes the comparison harder, never
easier. Only the imports named in `JOBS` and the work itself are measured.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks import checks, typing_pass
from tests.benchmarks.measure import Inputs, Job

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_SAME_NAMES = (
    *("channel", "name", "phone", "browser", "device", "os", "record", "interacted", "read"),
    *("status", "cost", "url", "topic", "subtopic", "summary", "note"),
    *("customAnalysis", "metadata"),
)
# Said again here, not read from the package: importing it would be counted to the peer.
_COLUMNS = {
    "conversation_id": "_id",
    "agent_id": "agentId",
    "platform_id": "platformId",
    "lead_id": "leadId",
    "campaign_id": "campaignId",
    "created_at": "createdAt",
    "ended_at": "endedAt",
    "updated_at": "updatedAt",
    "phone_secondary": "phoneSecondary",
    "instagram_id": "instagramId",
    "instagram_username": "instagramUsername",
    "ip_address": "ipAddress",
    "country_code": "countryCode",
    "is_live": "isLive",
    "no_answer": "noAnswer",
    "ended_reason": "endedReason",
    "duration_minutes": "duration",
    "live_agent_id": "liveAgentId",
    "live_agent_name": "liveAgentName",
    "evaluation_is_success": "evaluation.isSuccess",
    "evaluation_reason": "evaluation.reason",
    **{name: name for name in _SAME_NAMES},
}
_INSTANTS = ["createdAt", "endedAt", "updatedAt"]
_FLAGS = ["record", "interacted", "isLive", "read", "noAnswer", "evaluation.isSuccess"]
_MEASURES = ["duration", "cost"]


def plain(inputs: Inputs) -> pd.DataFrame:
    """What a notebook does: everything as Python objects, then a frame, then types."""
    import pandas as pd

    frame = pd.json_normalize(json.loads(Path(inputs["body"]).read_bytes()))
    for name in _INSTANTS:
        frame[name] = pd.to_datetime(frame[name], utc=True, format="ISO8601")
    return frame.astype(dict.fromkeys(_FLAGS, "boolean") | dict.fromkeys(_MEASURES, "float64"))


def loads(inputs: Inputs) -> list[dict[str, Any]]:
    """The standard library's decoder alone: no columns, no types."""
    rows: list[dict[str, Any]] = json.loads(Path(inputs["body"]).read_bytes())
    return rows


def duckdb_typed(inputs: Inputs) -> pa.Table:
    """DuckDB with every declared column given, then the typing of the dynamic fields."""
    import duckdb

    columns = ", ".join(f"{_quoted(path)} AS {name}" for name, path in _COLUMNS.items())
    source = duckdb.read_json(inputs["body"], columns=_DUCK_TYPES, format="array")
    table = source.select(f"{columns}, {_QUESTIONS}").to_arrow_table()
    return typing_pass.with_dynamic(table, "customAnalysis")


def _quoted(path: str) -> str:
    return ".".join(f'"{part}"' for part in path.split("."))


def dlt_parquet(inputs: Inputs) -> Path:
    """Run dlt from the same file to parquet files, without telemetry and progress."""
    import dlt
    from dlt.destinations import filesystem

    folder = Path(inputs["folder"])
    pipeline = dlt.pipeline(
        "conversations",
        pipelines_dir=str(folder / "state"),
        destination=filesystem(bucket_url=(folder / "files").as_uri()),
        dataset_name="benchmark",
    )
    rows = json.loads(Path(inputs["body"]).read_bytes())
    resource = dlt.resource([rows], name="conversations", primary_key="_id")
    pipeline.run(resource, loader_file_format="parquet").raise_on_failed_jobs()
    return folder / "files" / "benchmark" / "conversations"


_QUESTIONS = """
    CASE WHEN len("mistunderstoodQueries") > 0
         THEN to_json([asked.question for asked in "mistunderstoodQueries"])
    END AS misunderstood_queries,
    coalesce(len("mistunderstoodQueries"), 0) AS misunderstood_count
"""
_DUCK_TYPES = {
    **{path: "VARCHAR" for path in _COLUMNS.values() if "." not in path},
    **dict.fromkeys(_INSTANTS, "TIMESTAMPTZ"),
    **dict.fromkeys([name for name in _FLAGS if "." not in name], "BOOLEAN"),
    **dict.fromkeys(_MEASURES, "DOUBLE"),
    "customAnalysis": "JSON",
    "metadata": "JSON",
    "evaluation": 'STRUCT("isSuccess" BOOLEAN, reason VARCHAR)',
    "mistunderstoodQueries": "STRUCT(question VARCHAR)[]",
}


def _check_dlt(folder: Path) -> checks.Check:
    import pyarrow.parquet as pq

    table = pq.read_table(sorted(folder.glob("*.parquet")))
    names = {_dlt_name(path): name for name, path in _COLUMNS.items()}
    found = [name for name in table.column_names if name in names]
    table = table.select(found).rename_columns([names[name] for name in found])
    # dlt gives the dynamic fields other types and columns; the declared ones must agree.
    return {**checks.of_table(table), "complete": False}


def _dlt_name(path: str) -> str:
    from dlt.common.normalizers.naming.snake_case import NamingConvention

    return "__".join(NamingConvention().normalize_identifier(part) for part in path.split("."))


JOBS = {
    "plain": Job(("json", "pandas"), plain, checks.of_plain),
    "loads": Job(("json",), loads, lambda rows: {"rows": len(rows)}),
    "duckdb": Job(("duckdb", "msgspec", "pyarrow.compute"), duckdb_typed, checks.of_table),
    "dlt": Job(("dlt", "dlt.destinations", "pyarrow.parquet"), dlt_parquet, _check_dlt),
}
