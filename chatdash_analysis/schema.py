"""The column table: each property of a conversation, said once.

The parser, the store, the quality report and the data dictionary all read `COLUMNS`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd
import pyarrow as pa

if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "BY_NAME",
    "COLUMNS",
    "SCHEMA_VERSION",
    "Column",
    "describe_columns",
    "dictionary_markdown",
    "dtype_of",
    "with_pandas_metadata",
]

SCHEMA_VERSION = 1

Kind = Literal["text", "instant", "flag", "measure", "count", "json"]
KnownAt = Literal["start", "during", "end", "analysis", "later"]
Pii = Literal["", "identifier", "free_text"]

_ARROW: dict[Kind, pa.DataType] = {
    "text": pa.string(),
    "instant": pa.timestamp("us", "UTC"),
    "flag": pa.bool_(),
    "measure": pa.float64(),
    "count": pa.int64(),
    "json": pa.string(),
}
_DTYPE: dict[Kind, str] = {
    "text": "str",
    "instant": "datetime64[us, UTC]",
    "flag": "boolean",
    "measure": "float64",
    "count": "int64",
    "json": "str",
}


@dataclass(frozen=True)
class Column:
    """One column of the conversation table.

    Attributes
    ----------
    name : str
        Column name.
    path : str
        Where the value stands in the service's JSON; empty for a column that
        this package adds.
    kind : {"text", "instant", "flag", "measure", "count", "json"}
        What the values are; decides the dtype.
    description : str
        Meaning, in one sentence.
    known_at : {"start", "during", "end", "analysis", "later"}
        The earliest moment of a conversation at which the value is known.
    pii : {"", "identifier", "free_text"}
        Whether the values identify a person, or are text in which people are named.
    unit : str
        Unit of the values, where they have one.
    """

    name: str
    path: str
    kind: Kind
    description: str
    known_at: KnownAt
    pii: Pii = ""
    unit: str = ""

    @property
    def arrow_type(self) -> pa.DataType:
        """Type of the column in the store."""
        return _ARROW[self.kind]

    @property
    def dtype(self) -> str:
        """Promised dtype of the column in a DataFrame."""
        return _DTYPE[self.kind]


# One line of facts and one of meaning are easier to read than eight.
# fmt: off
COLUMNS: tuple[Column, ...] = (
    Column("conversation_id", "_id", "text",
           "Id of the conversation.", "start"),
    Column("agent_id", "agentId", "text",
           "Id of the agent that held the conversation.", "start"),
    Column("platform", "", "text",
           "Platform of the agent (retell, vapi, voiceflow, ...), joined from the list of agents.",
           "start"),
    Column("platform_id", "platformId", "text",
           "Id of the conversation on the platform that ran it (call id, thread id).",
           "start", pii="identifier"),
    Column("lead_id", "leadId", "text",
           "Id of the lead.", "start", pii="identifier"),
    Column("campaign_id", "campaignId", "text",
           "Id of the campaign.", "start"),
    Column("created_at", "createdAt", "instant",
           "When the conversation was created.", "start"),
    Column("ended_at", "endedAt", "instant",
           "When the conversation ended.", "end"),
    Column("updated_at", "updatedAt", "instant",
           "When any property of the conversation last changed; evaluations arrive late.", "later"),
    Column("channel", "channel", "text",
           "Where the conversation took place, as the service says it (free text).", "start"),
    Column("name", "name", "text",
           "Name of the customer.", "start", pii="identifier"),
    Column("phone", "phone", "text",
           "Phone number: the calling side on Retell, the customer on Vapi and ElevenLabs.",
           "start", pii="identifier"),
    Column("phone_secondary", "phoneSecondary", "text",
           "Phone number: the called side on Retell, the agent on Vapi and ElevenLabs.",
           "start", pii="identifier"),
    Column("instagram_id", "instagramId", "text",
           "Instagram id of the customer.", "start", pii="identifier"),
    Column("instagram_username", "instagramUsername", "text",
           "Instagram name of the customer.", "start", pii="identifier"),
    Column("ip_address", "ipAddress", "text",
           "IP address of the customer.", "start", pii="identifier"),
    Column("country_code", "countryCode", "text",
           "Country of the customer, ISO 3166-1 alpha-2.", "start"),
    Column("browser", "browser", "text",
           "Browser of the customer; empty for voice.", "start"),
    Column("device", "device", "text",
           "Device of the customer; empty for voice.", "start"),
    Column("os", "os", "text",
           "Operating system of the customer; empty for voice.", "start"),
    Column("record", "record", "flag",
           "Whether the conversation is recorded.", "start"),
    Column("interacted", "interacted", "flag",
           "Whether the customer did anything in the conversation.", "during"),
    Column("is_live", "isLive", "flag",
           "Whether the conversation is going on now.", "later"),
    Column("read", "read", "flag",
           "Whether somebody opened it in the dashboard.", "later"),
    Column("status", "status", "text",
           "Who handles it: ai, pending or human; says nothing for voice and external widgets.",
           "end"),
    Column("no_answer", "noAnswer", "flag",
           "Whether a call was not answered (voice only).", "end"),
    Column("ended_reason", "endedReason", "text",
           "Why a call ended, in the words of its platform (voice only).", "end"),
    Column("duration_minutes", "duration", "measure",
           "Length of a call (voice only).", "end", unit="minutes"),
    Column("cost", "cost", "measure",
           "Cost of a call (voice only).",
           "end", unit="not stated by the service; differs between platforms"),
    Column("url", "url", "text",
           "Address of the conversation or of its recording; may expire.", "end", pii="identifier"),
    Column("live_agent_id", "liveAgentId", "text",
           "Id of the member of staff who took over.", "end", pii="identifier"),
    Column("live_agent_name", "liveAgentName", "text",
           "Name of the member of staff who took over.", "end", pii="identifier"),
    Column("evaluation_is_success", "evaluation.isSuccess", "flag",
           "Whether the service judged the conversation a success; missing while not judged.",
           "analysis"),
    Column("evaluation_reason", "evaluation.reason", "text",
           "Reason that the service gave for its judgement.", "analysis", pii="free_text"),
    Column("topic", "topic", "text",
           "Topic set by the service.", "analysis"),
    Column("subtopic", "subtopic", "text",
           "Subtopic set by the service.", "analysis"),
    Column("summary", "summary", "text",
           "Summary of the conversation.", "analysis", pii="free_text"),
    Column("misunderstood_queries", "mistunderstoodQueries[].question", "json",
           "Questions that the agent did not understand: JSON list of texts; missing when none.",
           "analysis", pii="free_text"),
    Column("misunderstood_count", "", "count",
           "Number of questions that the agent did not understand.", "analysis", unit="questions"),
    Column("note", "note", "text",
           "Note written by staff.", "later", pii="free_text"),
    Column("custom_analysis", "customAnalysis", "json",
           "The platform's own analysis as sent, JSON; flattened into the custom_* columns.",
           "analysis", pii="free_text"),
    Column("metadata", "metadata", "json",
           "Custom fields of the platform as sent, JSON.", "end", pii="free_text"),
    Column("other_properties", "", "json",
           "JSON object of what the service sent that has no column, or did not fit its column.",
           "later", pii="free_text"),
)
# fmt: on

BY_NAME: dict[str, Column] = {column.name: column for column in COLUMNS}


def describe_columns() -> pd.DataFrame:
    """Describe each declared column of a conversation table.

    Returns
    -------
    pandas.DataFrame
        One row a column: ``column``, ``path`` (in the service's JSON),
        ``dtype``, ``unit``, ``known_at``, ``pii`` and ``description``.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> columns = cda.describe_columns().set_index("column")
    >>> columns.loc["duration_minutes", ["dtype", "unit", "known_at"]].tolist()
    ['float64', 'minutes', 'end']
    """
    names = ["column", "path", "dtype", "unit", "known_at", "pii", "description"]
    rows = [(c.name, c.path, c.dtype, c.unit, c.known_at, c.pii, c.description) for c in COLUMNS]
    return pd.DataFrame(rows, columns=names, dtype="str")


def dictionary_markdown() -> str:
    """Return the data dictionary as Markdown, the text of ``data/README.md``."""
    lines = [
        "# Data dictionary",
        "",
        "One row of a conversation table is one conversation. This page is generated from the",
        "column table by `make dictionary`.",
        "",
        "- `known_at` is the earliest moment at which a value is known: at the `start`, `during`",
        "  the conversation, at its `end`, after its `analysis`, or `later`.",
        "- `pii` marks values that are an `identifier` of a person, or `free_text` in which people",
        "  may be named.",
        "- Beside these columns stand `custom_*` columns, one for each field of the platforms'",
        "  own analysis (`str`, `float64` or `boolean`); `field_catalogue` describes them. All are",
        "  known at `analysis` and may hold personal data.",
        "",
        "| column | in the service's JSON | dtype | unit | known_at | pii | meaning |",
        "|---|---|---|---|---|---|---|",
    ]
    for c in COLUMNS:
        path = f"`{c.path}`" if c.path else ""
        lines.append(
            f"| `{c.name}` | {path} | `{c.dtype}` | {c.unit} | {c.known_at} | {c.pii}"
            f" | {c.description} |"
        )
    lines += [
        "",
        "`data/cache/` (the parquet store) and `data/exports/` are not committed: they may hold",
        "personal data.",
        "",
    ]
    return "\n".join(lines)


def dtype_of(arrow_type: pa.DataType, name: str = "") -> str:
    """Return the promised pandas dtype of a column of this Arrow type."""
    if name in BY_NAME:
        return BY_NAME[name].dtype
    if pa.types.is_boolean(arrow_type):
        return "boolean"
    if pa.types.is_timestamp(arrow_type):
        return "datetime64[us, UTC]"
    if pa.types.is_floating(arrow_type):
        return "float64"
    if pa.types.is_integer(arrow_type):
        return "int64"
    return "str"


def with_pandas_metadata(schema: pa.Schema) -> pa.Schema:
    """Return `schema` with the note that makes plain ``pd.read_parquet`` keep the dtypes."""
    dtypes = {field.name: dtype_of(field.type, field.name) for field in schema}
    empty = pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in dtypes.items()})
    note: dict[str, Any] = json.loads(
        pa.Schema.from_pandas(empty, preserve_index=False).metadata[b"pandas"]
    )
    # The versions of the writing libraries would make equal tables differ in their bytes.
    note.pop("creator", None)
    note.pop("pandas_version", None)
    metadata = {**(schema.metadata or {}), b"pandas": json.dumps(note).encode()}
    return schema.with_metadata(metadata)
