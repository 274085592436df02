"""Which fields go with success, and what success is at each of their levels.

References
----------
Bergsma (2013), A bias-correction for Cramer's V and Tschuprow's T.
Benjamini and Hochberg (1995), Controlling the false discovery rate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatdash_analysis.arguments import check_level
from chatdash_analysis.driving.arranging import DRIVERS, LEVELS, arranged
from chatdash_analysis.driving.comparing import compared

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    import pandas as pd

__all__ = ["driver_levels", "drivers"]


def drivers(
    conversations: pd.DataFrame,
    *,
    outcome: str = "evaluation_is_success",
    by: str | Sequence[str] | None = None,
    fields: str | Sequence[str] | None = None,
    users: str = "user_id",
    include_later: bool = False,
    min_users: int = 5,
    level: float = 0.95,
    tz: str | tzinfo = "UTC",
) -> pd.DataFrame:
    """Tell which fields go with success, among conversations that could have them.

    A field is looked at only where it could have a value: in conversations in which
    somebody was reached (not ``interacted`` false, ``no_answer`` true, or ended at a
    voicemail, busy line and the like), of an agent and channel that ever has the field,
    from the agent's first conversation with it until the last. So what a field says of
    unreached calls is no success factor, and a field that was renamed is not "absent"
    afterwards. Within that, its absence is a row of its own, never a level.

    What is found is an association. A field that is known at the same moment as the
    outcome may follow from it, or be the outcome in other words.

    Parameters
    ----------
    conversations : pandas.DataFrame
        Conversations with ``agent_id``, ``channel`` and ``created_at``; load those
        without interaction, too, so that coverage is right.
    outcome : str
        Column of flags: ``evaluation_is_success``, a ``custom_*`` field.
    by : str or sequence of str, optional
        Columns in each group of which everything is done apart: ``agent_id``, for example.
    fields : str or sequence of str, optional
        Columns to look at, whenever they are known. By default all ``custom_*`` and
        ``metadata_*`` columns that hold anything, and the declared ones that describe a
        conversation (channel, campaign, country, device, topic, misunderstood questions,
        ...). A code written as a number, such as a shift from 1 to 4, is a category only
        as text: turn it into ``str`` first.
    users : str
        Column that names people. If there is no ``user_id``, `identify_users` adds it.
    include_later : bool
        Without `fields`, look also at those that are known only after the outcome.
    min_users : int
        A level of fewer people is put together with others like it and not named; a
        field with fewer people at all levels but one is not tested.
    level : float
        Confidence level of the intervals.
    tz : str or tzinfo
        Time zone of the months inside which levels are compared.

    Returns
    -------
    pandas.DataFrame
        One row a field, and one where it is absent at times: the columns of `by`;
        ``field``; ``known_at`` (the earliest moment; missing for columns of your own);
        ``kind`` (category, number or absent; list and instant are not tested);
        ``levels`` (of a number its two halves); ``strength`` from 0 to 1, comparable
        between kinds, with its ``strength_measure`` (``cramers_v``, corrected for
        chance, or ``auc``: ``|2 auc - 1|``, corrected likewise); ``auc`` of numbers with
        ``auc_low`` to ``auc_high`` (above .5 if successes have larger values);
        ``n`` (known outcomes of conversations that have a value, or lack it in a row
        "absent"), ``successes``, ``unknown``, ``excluded`` (conversations in which the
        field could have no value; the same in both rows of a field), ``users``, ``rate``
        with ``low`` and ``high``, ``flags``; of fields with two levels, numbers and absence
        the ``level`` whose rate is held against the other one (the upper half, "true",
        "[absent]"), with ``adjusted_difference`` inside agent, channel and month and its
        interval ``adjusted_difference_low`` to ``adjusted_difference_high``, ``strata_n``
        and ``adjusted_n`` (strata with both sides, and conversations in them); ``p_value``
        (the field as a whole, inside the same strata; see Notes) and ``q_value``
        (Benjamini-Hochberg over all rows of the table).

        Sorted in each group: first what has a q-value below ``1 - level``, then the rest,
        both by strength; then fields with the flag ``after_outcome`` or
        ``may_restate_outcome``, which have q-values of their own; then what was not
        tested. Flags beside those of `rates_by`: ``after_outcome`` (known later than the
        outcome), ``may_restate_outcome`` (by its name, such as "call_successful", with a
        strength of .9 or more, or, of the service's verdict, what a judge goes by: how and
        when the conversation ended), ``no_overlap`` (no agent, channel and month has several
        levels), and why nothing was tested: ``few_users``, ``constant``, ``no_value``,
        ``near_unique`` (more than half of the values are of too few people each: notes,
        dates), ``personal`` (its name says that it names people), ``list`` (or other
        JSON), ``instant``.

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If an argument cannot be used, a field names people, or the outcome is no flag or
        says who was reached.

    See Also
    --------
    driver_levels : The rate at each level of these fields.

    Notes
    -----
    Texts that say nothing ("N/A", "unknown", "not mentioned") count as absent. Where all
    outcomes are equal or unknown, nothing is tested: all rows are there with their counts.

    The test turns the signs of whole people, see `chatdash_analysis.driving.scores`: so
    it holds when people have several conversations that are alike. For Cramer's V the
    share that chance gives is enlarged by the same clustering.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> conversations = cda.load_sample(2_000)
    >>> fields = ["custom_appointment_booked", "custom_agent_shift", "custom_service_type"]
    >>> found = cda.drivers(conversations, fields=fields)
    >>> found.loc[0, ["field", "level"]].tolist()
    ['custom_appointment_booked', 'true']
    """
    names, table = compared(
        conversations, outcome=outcome, by=by, fields=fields, users=users,
        include_later=include_later, min_users=min_users, level=check_level(level), tz=tz,
        each_level=False, use="drivers",
    )  # fmt: skip
    return arranged(table, names, DRIVERS, level=level)


def driver_levels(
    conversations: pd.DataFrame,
    *,
    outcome: str = "evaluation_is_success",
    by: str | Sequence[str] | None = None,
    fields: str | Sequence[str] | None = None,
    users: str = "user_id",
    include_later: bool = False,
    min_users: int = 5,
    level: float = 0.95,
    tz: str | tzinfo = "UTC",
) -> pd.DataFrame:
    """Give the rate of success at each level of each field, and beside its other levels.

    Parameters
    ----------
    conversations, outcome, by, fields, users, include_later, min_users, level, tz
        As in `drivers`.

    Returns
    -------
    pandas.DataFrame
        One row a level: the columns of `by`; ``field``, ``known_at``, ``kind``;
        ``level``: the text, masked by `scrub`, or "[hidden 1]" and so on where fewer than
        `min_users` people who are known have it, or "true" and "false"; the halves of a
        number ("<= 3", "> 3"), cut at the median; "[other]", levels of fewer than
        `min_users` people each and those beyond the 50 most frequent; "[absent]", the
        field's absence, beside its presence; missing where there is nothing to compare;
        ``n``, ``successes``, ``unknown``,
        ``excluded`` (conversations at this level in which nobody was reached, or that the
        field or the outcome did not exist for), ``users``, ``rate`` with ``low`` and
        ``high``, ``flags`` as in `drivers`; ``adjusted_difference`` from the field's
        other levels inside agent, channel and month (Mantel and Haenszel) with its
        interval, ``strata_n``, ``adjusted_n``, ``p_value`` and ``q_value`` (Benjamini-Hochberg
        over all rows of the table); and of the field as a whole ``strength``,
        ``strength_measure``, ``field_n``, ``field_p_value`` and ``field_q_value``.

        Fields in the order of `drivers`, each with its absence behind its levels, which
        stand in alphabetical order.

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        As in `drivers`.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> levels = cda.driver_levels(cda.load_sample(2_000), fields="custom_room_booked")
    >>> levels[["level", "rate"]].round(2).values.tolist()[:2]
    [['false', 0.22], ['true', 0.86]]
    """
    names, table = compared(
        conversations, outcome=outcome, by=by, fields=fields, users=users,
        include_later=include_later, min_users=min_users, level=check_level(level), tz=tz,
        each_level=True, use="driver_levels",
    )  # fmt: skip
    return arranged(table, names, LEVELS, level=level)
