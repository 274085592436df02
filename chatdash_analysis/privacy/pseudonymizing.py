"""Conversations with pseudonyms in place of people."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pandas as pd

from chatdash_analysis.privacy.columns import check_index, protected_columns, safe_names
from chatdash_analysis.privacy.policy import PseudonymPolicy, check_names
from chatdash_analysis.privacy.suspecting import with_suspected
from chatdash_analysis.tables import require_columns, require_dataframe
from chatdash_analysis.text.scrubbing import scrub as scrub_texts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chatdash_analysis.privacy.scrubbers import Scrubber

__all__ = ["pseudonymize"]


def pseudonymize(
    conversations: pd.DataFrame,
    *,
    secret: str | bytes | None = None,
    scrub: Scrubber = "default",
    drop: Iterable[str] = (),
    keep: Iterable[str] = (),
    identifiers: Iterable[str] = (),
) -> pd.DataFrame:
    """Replace what names people by pseudonyms, and mask it in texts.

    A pseudonym such as ``phone:3f9a...`` is a keyed digest (HMAC-SHA-256 [1]_): the same value
    has the same one in every table made with the same secret, and another one with another
    secret. Nobody can undo or try it without the secret. `identify_users` finds the same people
    as before. What stays is still about single people: whoever knows when somebody called, or
    may look up a ``conversation_id`` in the dashboard, can tell who it was. So pseudonymised
    data are personal data in law, if much safer ones.

    Parameters
    ----------
    conversations : pandas.DataFrame
        Conversations.
    secret : str or bytes, optional
        At least 16 bytes, such as ``secrets.token_hex(32)``; by default the environment
        variable ``CHATDASH_PII_SECRET``. It is neither shown nor stored. The key is made of
        it by scrypt [2]_ with a fixed salt, so that it is the same everywhere and trying
        phrases is slow; a phrase that can be guessed is no secret all the same.
    scrub : {"default", "thorough"} or callable
        Who masks personal data in texts. default: `scrub`. thorough: the libraries phonenumbers
        and datafog after it (``pip install 'chatdash_analysis[pii]'``), slower. A function
        takes a list of texts and returns as many. Names that the conversation itself tells
        (of the customer, the member of staff) are masked by all of them.
    drop : iterable of str
        Columns to empty: they stay, with all values missing. "metadata" and "custom_analysis"
        take along the columns made of their fields.
    keep : iterable of str
        Columns to leave as they are, on your word.
    identifiers : iterable of str
        More columns whose values name people.

    Returns
    -------
    pandas.DataFrame
        A new table with the same columns (Notes tell when one is called otherwise), dtypes,
        rows and index; whole numbers of which some go become Int64, and categories that no
        row has go.
        ``attrs["chatdash"]["privacy"]`` says what was done: ``pii``, ``key_id`` (the same for
        the same secret), ``scrub``, ``drop``, ``keep``, ``identifiers``, and, if there are
        any, ``suspected``: columns that may still hold
        names or numbers. Look at them, and name those that do in `identifiers`. Other
        ``attrs`` are not taken over: nobody knows what is in them.

    Raises
    ------
    InputError
        If the secret is missing, short or soon guessed, a name is that of no column, the index
        may name people, a column holds bytes or lists, or an argument cannot be used.

    Notes
    -----
    Columns marked ``identifier`` in `describe_columns` become pseudonyms; so does ``user_id``.
    ``phone`` and ``phone_secondary`` share theirs. Placeholders ("unknown") stay, withheld
    numbers become ``withheld``, addresses inside a network ``private``. Columns marked
    ``free_text`` are scrubbed, which cuts texts after 2,000 characters. In ``topic``,
    ``subtopic`` and ``ended_reason`` texts with an ``@`` or five digits are masked. Ids of
    conversations, agents and campaigns, instants, places and devices and verdicts stay.

    In JSON (``custom_analysis``, ``metadata``, ``other_properties``) and in the columns made of
    it, fields that are called like one of a person ("caller name", "email", "userId") get
    pseudonyms. So do values written like a name (one to four words with capitals) under
    "patient", "customer", "contact person" and the like; "new" and "Returning" stay. Other
    texts are scrubbed, and whole numbers of seven digits and more go, unless their field is
    called like a time and they can be one (1990 to 2100; a duration below ten million). A
    number that names people becomes a text. Columns that are not the package's own are treated
    like these. Fields inside JSON are named in `drop`, `keep` and `identifiers` as their
    columns are: ``metadata_user_id``. Keys of JSON and names of columns lose addresses and
    long numbers; names of people in them stay, also with ``pii="drop"``: drop such a column.

    Ids that `identify_users` made become other pseudonyms here than it gives to a table of
    pseudonyms, except for leads: the same groups under other names, which do not join. Take
    one way for all tables: `pseudonymize` first, `identify_users` after it, as a load with a
    `PseudonymPolicy` does.

    It takes about 0.7 ms a row, most of it for texts; those named in `drop` take none.

    References
    ----------
    .. [1] Krawczyk, Bellare, Canetti, HMAC: Keyed-Hashing for Message Authentication, RFC 2104.
    .. [2] Percival, Josefsson, The scrypt Password-Based Key Derivation Function, RFC 7914.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> conversations = cda.load_sample(300)
    >>> private = cda.pseudonymize(conversations, secret="correct horse battery staple")
    >>> private["phone"].dropna().str.fullmatch("phone:[0-9a-f]{20}").all()
    np.True_
    >>> people = cda.identify_users(conversations), cda.identify_users(private)
    >>> [table["user_id"].nunique() for table in people]
    [123, 123]
    """
    require_dataframe(conversations, "pseudonymize")
    require_columns(conversations, (), "pseudonymize")
    policy = PseudonymPolicy(
        secret=secret, scrub=scrub, drop=drop, keep=keep, identifiers=identifiers
    )
    check_index(conversations, policy.words)
    protected = protected_columns(conversations, policy)
    check_names(policy, conversations.columns, protected.met)
    result = conversations.copy()
    for name, column in protected.columns.items():
        result[name] = column
    names = safe_names(conversations, policy.words, protected.unsafe)
    if names != conversations.columns.tolist():
        result.columns = pd.Index(names, name=conversations.columns.name)
    done = with_suspected(policy.describe(), result, policy.words)
    result.attrs = _attrs(conversations.attrs, done)
    return result


def _attrs(attrs: dict[Any, Any], done: dict[str, Any]) -> dict[Any, Any]:
    """Return what a table says of its origin, with what was done; its gaps scrubbed."""
    origin = copy.deepcopy(attrs.get("chatdash"))
    origin = origin if isinstance(origin, dict) else {}
    gaps = [gap for gap in origin.get("gaps", ()) if isinstance(gap.get("reason"), str)]
    for gap, reason in zip(gaps, scrub_texts([gap["reason"] for gap in gaps]), strict=True):
        gap["reason"] = reason
    if "privacy" in origin:
        done = {**done, "before": origin["privacy"]}
    return {"chatdash": {**origin, "privacy": done}}
