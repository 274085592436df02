"""The switches of the stand-in: what the service leaves unsaid, and what can go wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal, get_args, get_type_hints

from chatdash_analysis.errors import InputError

__all__ = ["Behaviour", "Clock", "Fault", "Route"]

Clock = datetime | Callable[[], datetime]
Route = Literal[
    "agents",
    "agent",
    "clients",
    "client_agents",
    "conversations",
    "conversation",
    "messages",
    "analytics",
    "tags",
]
# What an answer can suffer; a number is an HTTP status without a body.
Fault = (
    int
    | Literal[
        "reset",  # connection reset before anything is sent
        "reset_mid_body",
        "silence",  # nothing is sent, the connection stays open
        "stall",  # headers, then nothing
        "stall_mid_body",
        "drip",  # the whole body at `drip_rate`
        "truncate",  # half of the body, with a Content-Length that agrees
        "wrong_length",  # a Content-Length beyond the body, then the end of the connection
        "cut_chunked",  # chunks without the last one
        "gzip_cut",  # half of the gzip stream, with a Content-Length that agrees
        "bad_gzip",  # labelled gzip, but is none
        "br_label",  # labelled br, but is none
        "html",  # 200 with the page of a proxy
        "empty",  # 200 without a body
        "object",  # the list inside an object
        "deep",  # JSON nested 100,000 deep
        "bomb",  # `bomb_size` bytes of blanks, compressed
        "redirect",  # to `redirect_to`, or elsewhere on the same origin
    ]
)


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """How the stand-in behaves; the defaults are what the service documents.

    The faults (`max_rows`, `poisoned`, `rate_limit`, `fail_every`, `fail_first`)
    go together; a counted fault hides a fault of content. Requests are counted
    afresh when a running stand-in gets another behaviour.

    Attributes
    ----------
    auth : str
        ``raw``: the key alone is accepted. ``bearer_ok``: ``Bearer <key>`` too.
        ``forbidden``: 403 for every key (a plan without the API). ``empty_401``,
        ``html_401``: how a wrong key is refused.
    date_field : str
        Which property `startDate` and `endDate` select by. Rows without it are
        outside every window.
    bounds : str
        ``inclusive`` on both sides; ``start_exclusive``; ``end_exclusive``;
        ``date_only``: whole UTC days, both included; ``date_cut``: both bounds
        are set back to midnight; ``ignored``.
    false_means : str
        Whether `record=false` selects rows with false, or all (``no_filter``).
    bools : str
        ``lower``: text other than ``true`` and ``false`` counts as absent;
        ``any_case``: ``True`` and ``False`` are understood; ``strict``:
        everything but ``true`` is false.
    order : str
        By `createdAt`, or shuffled by `seed`.
    seed : int
        Decides what is random here.
    cap : int or None
        Number of rows beyond which a list is cut short without a word.
    cap_keeps : str
        Which rows such a list keeps.
    max_rows, too_large
        A list of more rows than `max_rows` suffers the fault `too_large`.
    poisoned, poison
        A list that would hold a conversation with one of the ids `poisoned`
        suffers the fault `poison`.
    rate_limit : int or None
        Every so many-th request is answered by 429.
    retry_after : str
        `Retry-After` of 429 and 503: ``seconds``, ``date``, ``junk``,
        ``negative``, ``none`` or ``huge``.
    retry_after_seconds : int
        The wait that ``seconds`` and ``date`` ask for.
    fail_every, fail_first, fail_with
        Every so many-th request, and the first so many, suffer `fail_with`.
    fault_routes : tuple of str or None
        Routes on which requests are counted for faults; None for all.
    drip_rate : int
        Bytes in a second of the fault ``drip``.
    bomb_size : int
        Bytes that the fault ``bomb`` inflates to.
    redirect_to : str or None
        Origin that the fault ``redirect`` points to; None for the same.
    delay : float
        Seconds before each answer.
    spelling, read_key : str
        The names of two properties that differ between versions of the service.
    extra_keys : bool
        Rows carry properties that no version documents.
    hide : tuple of str
        Properties that no row carries, such as ``createdAt``.
    nulls : str
        How absent values look: ``as_given``, ``missing``, ``null``, ``empty``
        (``""``) or ``mixed``.
    numbers_as_text, duration_in_seconds, cost_in_cents : bool
        Other forms of `cost` and `duration`.
    lone_surrogates, nan_tokens, nul_characters : bool
        Rows hold half an emoji, a ``NaN`` as cost, a NUL in a text.
    element_junk : bool
        Null, numbers, texts and lists stand among the rows.
    duplicates : str
        For every third row: ``twice``, an equal copy; ``stale``, a copy as it
        was a day before its last change, in front or at the end; ``both``.
    clock : datetime or callable or None
        Rows are shown as they were at that moment; None for their last state.
    touch_updated_at : bool
        Each answer carries a new `updatedAt`, though nothing changed.
    encoding : str
        ``gzip`` where the client accepts it, or ``identity``.
    framing : str
        How the end of a body is told: ``length``, ``chunked``, or by ``close``.
    content_type : str
        Header of every JSON answer, true or not.
    bom : bool
        Bodies begin with a byte order mark.
    analytics : str
        Rows that totals count: ``exact``; ``only_interacted``; ``shifted``, in
        a window moved by `utcOffset` hours.
    """

    auth: Literal["raw", "bearer_ok", "forbidden", "empty_401", "html_401"] = "raw"

    date_field: Literal["createdAt", "endedAt", "updatedAt"] = "createdAt"
    bounds: Literal[
        "inclusive", "start_exclusive", "end_exclusive", "date_only", "date_cut", "ignored"
    ] = "inclusive"
    false_means: Literal["only_false", "no_filter"] = "only_false"
    bools: Literal["lower", "any_case", "strict"] = "lower"
    order: Literal["desc", "asc", "random"] = "desc"
    seed: int = 0
    cap: int | None = None
    cap_keeps: Literal["newest", "oldest", "random"] = "newest"

    max_rows: int | None = None
    too_large: Fault = 413
    poisoned: frozenset[str] = frozenset()
    poison: Fault = 500
    rate_limit: int | None = None
    retry_after: Literal["seconds", "date", "junk", "negative", "none", "huge"] = "seconds"
    retry_after_seconds: int = 1
    fail_every: int | None = None
    fail_first: int | None = None
    fail_with: Fault = 500
    fault_routes: tuple[Route, ...] | None = None
    drip_rate: int = 128
    bomb_size: int = 4 << 30
    redirect_to: str | None = None
    delay: float = 0.0

    spelling: Literal["mistunderstoodQueries", "misunderstoodQueries", "misunderstoodQuery"] = (
        "mistunderstoodQueries"
    )
    read_key: Literal["read", "read:"] = "read"
    extra_keys: bool = False
    hide: tuple[str, ...] = ()
    nulls: Literal["as_given", "missing", "null", "empty", "mixed"] = "as_given"
    numbers_as_text: bool = False
    duration_in_seconds: bool = False
    cost_in_cents: bool = False
    lone_surrogates: bool = False
    nan_tokens: bool = False
    nul_characters: bool = False
    element_junk: bool = False
    duplicates: Literal["none", "twice", "stale", "both"] = "none"
    clock: Clock | None = None
    touch_updated_at: bool = False

    encoding: Literal["gzip", "identity"] = "gzip"
    framing: Literal["length", "chunked", "close"] = "length"
    content_type: str = "application/json; charset=utf-8"
    bom: bool = False

    analytics: Literal["exact", "only_interacted", "shifted"] = "exact"

    def __post_init__(self) -> None:
        # A switch with a slip of the pen would do nothing, and a test of it would prove nothing.
        hints = get_type_hints(type(self))
        for name in (field.name for field in fields(self)):
            _check(name, getattr(self, name), _choices(hints[name]))

    def now(self) -> datetime | None:
        """Return the moment of which rows are shown; None for their last state."""
        return self.clock() if callable(self.clock) else self.clock


def _check(name: str, value: Any, choices: list[str]) -> None:
    values = value if isinstance(value, tuple) else (value,)
    unknown = [item for item in values if isinstance(item, str) and item not in choices]
    if choices and unknown:
        raise InputError(f"{name} cannot be {unknown[0]!r}; possible are: {', '.join(choices)}.")


def _choices(hint: Any) -> list[str]:
    """Texts that a type allows by name; empty where it allows any."""
    if isinstance(hint, str):
        return [hint]
    return [choice for inner in get_args(hint) for choice in _choices(inner)]
