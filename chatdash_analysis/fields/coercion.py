"""Texts that are numbers or flags, given their real type where the user says so."""

from __future__ import annotations

import copy
from collections import Counter
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from chatdash_analysis.errors import InputError
from chatdash_analysis.fields.coercing import coerced, typed
from chatdash_analysis.fields.names import names_of
from chatdash_analysis.fields.rows import people_of
from chatdash_analysis.fields.suspicion import suspicion
from chatdash_analysis.fields.wording import (
    check_counts,
    hidden_as,
    in_words,
    shape,
    top_values,
    with_shares,
)
from chatdash_analysis.tables import typed_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from chatdash_analysis.fields.coercing import Coerced
    from chatdash_analysis.fields.reading import Decimal, Wanted
    from chatdash_analysis.fields.wording import Top

__all__ = ["coerce_fields", "coercion_losses"]

_DTYPES = {
    "column": "str", "to": "str", "rows": "int64", "values": "int64", "nothing": "int64",
    "converted": "int64", "lost": "int64", "lost_share": "float64", "unit": "str",
    "distinct_lost": "int64", "lost_forms": "str", "lost_values": "str",
}  # fmt: skip
_TOLD = ("to", "values", "nothing", "converted", "lost", "unit")
_SHOWN_FORMS = 5


def coerce_fields(
    conversations: pd.DataFrame,
    columns: Mapping[str, Wanted | Mapping[str, bool]],
    *,
    decimal: Decimal | None = None,
    max_loss: float = 0.0,
) -> pd.DataFrame:
    """Turn fields of text into numbers or flags, and refuse if that loses anything.

    Texts that say nothing ("", "N/A", "NaN", "none", "null", "unknown", "not mentioned",
    "not provided") become missing, and so do values that cannot be read; the latter are
    lost. If more is lost than `max_loss` allows, nothing is returned but an error.
    `coercion_losses` tells beforehand what would be lost, and in which form it is.

    Parameters
    ----------
    conversations : pandas.DataFrame
        Conversations.
    columns : mapping of str to str or mapping
        What each field is to become; case and spaces around make no difference:

        ``"number"``
            Nothing but a number: "12", "-0.5", "1e3", and with commas where these can only
            be thousands: "1,234.5", "1,234,567". Not read, unless `decimal` says what they
            mean: "1,234", "0,5". Never read: units, "3/5", "007" and "+49171", which are no
            quantities, and whole numbers of more than 15 digits, which would be rounded.
        ``"amount"``
            The same with a unit or currency before or behind it: "30 min", "$129", "80 %".
            The most common unit of the column is kept; values of other units are lost.
            Values without one are taken to be in the same unit.
        ``"ratio"``
            "3/5", "3 of 5" and "60 %" become 0.6. A plain number is lost, as nobody knows
            of how many.
        ``"boolean"``
            "true", "yes", "y" and "1"; "false", "no", "n" and "0".
        a mapping such as ``{"confirmed": True, "declined": False}``
            Exactly these texts; others are lost.
    decimal : {".", ","}, optional
        What separates the decimals in all of these columns. With ``"."`` commas are
        thousands; with ``","`` points are.
    max_loss : float
        Largest share of the values (without those that say nothing) of any column that may
        be lost, 0 to 1.

    Returns
    -------
    pandas.DataFrame
        A new table with the columns given, in their order, with the same index; those named
        are ``float64`` or ``boolean`` now. ``attrs["coerced"]`` says of each of these what
        became of its values, as `coercion_losses` does: ``to``, ``values``, ``nothing``,
        ``converted``, ``lost`` and ``unit``.

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If more is lost than `max_loss` allows, a column is no field but has a promised
        type, or an argument cannot be used.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> conversations = cda.load_sample(300)
    >>> typed = cda.coerce_fields(
    ...     conversations,
    ...     {"custom_callback_minutes": "amount", "custom_lead_score__877dcab8": "ratio"},
    ... )
    >>> sorted(typed["custom_callback_minutes"].dropna().unique().tolist())
    [5.0, 10.0, 15.0, 30.0, 60.0]
    """
    if isinstance(max_loss, bool) or not isinstance(max_loss, Real) or not 0 <= max_loss <= 1:
        raise InputError(f"max_loss={max_loss!r} is no share. Give 0 to 1; 0 to lose nothing.")
    done = coerced(conversations, columns, decimal, "coerce_fields")
    for one in done:
        _refuse_losses(one, float(max_loss))
    new = conversations.assign(**{one.column: typed(one, conversations.index) for one in done})
    new.attrs = copy.deepcopy(conversations.attrs)
    before = new.attrs.get("coerced")
    new.attrs["coerced"] = {**(before if isinstance(before, dict) else {}), **_told(done)}
    return new


def _told(done: Iterable[Coerced]) -> dict[str, dict[str, Any]]:
    """Return what became of the values of each column, in numbers."""
    lines = {one.column: _line(one) for one in done}
    return {column: {name: line[name] for name in _TOLD} for column, line in lines.items()}


def _refuse_losses(one: Coerced, max_loss: float) -> None:
    lost, said = one.count(one.lost), one.count(~one.nothing)
    if lost <= max_loss * said:
        return
    raise InputError(
        f"coerce_fields: {lost:,} of {said:,} values of {one.column} ({lost / said:.1%}) cannot be"
        f" read as {one.to}, which is more than max_loss={max_loss:g} allows. coercion_losses shows"
        f" what they are like.{_advice(one)} Or allow the loss with max_loss."
    )


def _advice(one: Coerced) -> str:
    return {
        "number": " decimal= says what commas mean; 'amount' reads units, 'ratio' reads 3/5.",
        "amount": " decimal= says what commas mean; values of one unit can be read at a time.",
        "ratio": " decimal= says what commas mean.",
        "boolean": " A mapping of texts to True and False reads other words.",
        "mapping": " Add the texts that the mapping lacks.",
    }[one.to]


def coercion_losses(
    conversations: pd.DataFrame,
    columns: Mapping[str, Wanted | Mapping[str, bool]],
    *,
    decimal: Decimal | None = None,
    users: str = "user_id",
    min_users: int = 5,
    top: int = 5,
) -> pd.DataFrame:
    """Tell what `coerce_fields` would lose, without changing anything.

    Parameters
    ----------
    conversations : pandas.DataFrame
        Conversations.
    columns, decimal
        As for `coerce_fields`.
    users : str
        Column that names people. If there is no ``user_id``, `identify_users` adds it; if
        it cannot, nobody is known and no value is shown.
    min_users : int
        A lost value is shown only if so many different known people have it.
    top : int
        How many of the most common lost values are named.

    Returns
    -------
    pandas.DataFrame
        One row a column, as they were given: ``column``, ``to`` (number, amount, ratio,
        boolean or mapping); ``rows``; ``values`` (not missing), of them ``nothing`` (they
        say nothing), ``converted`` and ``lost``; ``lost_share`` (of those that say
        something); ``unit`` (that of amounts, "" if there is none); ``distinct_lost``
        (different texts that are lost), ``lost_forms`` (how the most common of them are
        written, with 9 for a number and "a" for a word, and how large a share of the lost
        values they are) and ``lost_values`` (the most common of them, personal data masked,
        and their share of the lost values).

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If a column is no field but has a promised type, or an argument cannot be used.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> losses = cda.coercion_losses(cda.load_sample(300), {"custom_callback_minutes": "number"})
    >>> losses.loc[0, ["converted", "lost_forms"]].to_dict()
    {'converted': 15, 'lost_forms': '9 a 100 %'}
    """
    check_counts(min_users=min_users, top=top)
    done = coerced(conversations, columns, decimal, "coercion_losses")
    people = people_of(conversations, users, "coercion_losses")
    names = names_of(conversations)
    tops = [_lost_values(one, people, names, (int(top), int(min_users))) for one in done]
    lines = [_line(one) for one in done]
    words = in_words(tops)
    return typed_table(
        [line | {"lost_values": text} for line, text in zip(lines, words, strict=True)], _DTYPES
    )


def _lost_values(
    one: Coerced, people: NDArray[np.int64] | None, names: frozenset[str], most: tuple[int, int]
) -> Top | str:
    codes = one.distinct.codes
    pii = suspicion(one.column, one.distinct, np.where(one.lost, one.counts, 0), names)
    if pii:
        return hidden_as(pii)
    held = np.flatnonzero(np.append(one.lost, False)[codes])
    known = None if people is None else people[held]
    return top_values(one.distinct, codes[held], known, top=most[0], min_users=most[1])


def _line(one: Coerced) -> dict[str, Any]:
    lost, said = one.count(one.lost), one.count(~one.nothing)
    places = np.flatnonzero(one.lost & (one.counts > 0))
    forms: Counter[str] = Counter()
    for place in places.tolist():
        forms[shape(one.distinct.text(place))] += int(one.counts[place])
    common = sorted(forms.items(), key=lambda form: (-form[1], form[0]))[:_SHOWN_FORMS]
    return {
        "column": one.column,
        "to": one.to,
        "rows": len(one.distinct.codes),
        "values": int(one.counts.sum()),
        "nothing": one.count(one.nothing),
        "converted": said - lost,
        "lost": lost,
        "lost_share": lost / said if said else np.nan,
        "unit": one.unit,
        "distinct_lost": len(places),
        "lost_forms": with_shares(common, lost),
    }
