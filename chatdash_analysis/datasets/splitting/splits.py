"""Two sides that share no person and no near-duplicate text: by time, or by person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chatdash_analysis.datasets.splitting.components import join_people
from chatdash_analysis.datasets.splitting.moments import instants_of, read_embargo, sides_at
from chatdash_analysis.datasets.splitting.near_duplicates import (
    SIMILARITY,
    check_similarity,
    find_alike,
)
from chatdash_analysis.datasets.splitting.parting import (
    EMBARGO,
    check_keep,
    check_table,
    part,
    people_of,
)
from chatdash_analysis.errors import InputError
from chatdash_analysis.spans import extent, read_moment

if TYPE_CHECKING:
    from datetime import timedelta, tzinfo

    from numpy.typing import NDArray

    from chatdash_analysis.datasets.splitting.parting import Keep
    from chatdash_analysis.datasets.tables.table import Split, TrainingTable
    from chatdash_analysis.spans import Moment

    Codes = NDArray[np.int64]
    Mask = NDArray[np.bool_]

__all__ = ["split_by_time", "split_by_user"]

# Of so many drawn divisions the most even one is taken.
_DRAWS = 50
_STRATA = 4


def split_by_time(
    table: TrainingTable,
    *,
    at: Moment,
    embargo: str | timedelta = "0D",
    tz: str | tzinfo = "UTC",
    keep: Keep = "test",
    similarity: float | None = SIMILARITY,
) -> Split:
    """Split at a moment: learn from what came before, be tested on what came after.

    Parameters
    ----------
    table : TrainingTable
        As `training_table` returns it.
    at : str, date or datetime
        When the test starts. ISO 8601; without a time zone it is one of the clock of `tz`.
    embargo : str or timedelta
        How long it takes until the target is known, ``"7D"`` for example. Conversations
        that started so long before `at` are on neither side: on that day nobody could
        have learned from them.
    tz : str or tzinfo
        Time zone of `at` if it has none.
    keep : {"test", "train"}
        The side that keeps the people and the texts that are on both. With ``"test"``
        the test is all that came after, as it will be in use, and the training loses
        people who come back. With ``"train"`` the test loses them, and shows how the
        model does on people it has never seen.
    similarity : float or None
        From which similarity on two texts are near-duplicates, 0.5 to 1. At 1 they are
        equal but for case, punctuation and numbers; None does not look at texts.

    Returns
    -------
    Split
        ``train, test = split``. `dropped` lists each row that is on neither side, with
        its reason: ``embargo``, ``person on both sides`` or ``near-duplicate text on both
        sides``; `recipe` counts them.

    Raises
    ------
    InputError
        If an argument cannot be used, `at` lies outside of the table, or a side is left
        empty or with one class.

    Notes
    -----
    Either choice of `keep` changes who is compared: look at the reasons that `dropped`
    lists, and at the success of both sides. Of `load_sample(2_000)`, split at 2026-05-01 with
    an embargo of 3 days, 903 conversations lie before: ``"test"`` drops 51 of them, of people
    who came back, and 65.1 % of those left succeeded, not 63.9; ``"train"`` drops 32 of 485
    from May on, and 57.2 % succeeded, not 57.5.

    Near-duplicates are texts of at least 20 characters whose normal forms, with each
    number as 0, share at least a part of `similarity` of the runs of three characters in
    either (Jaccard), as far as their first 2,000 characters tell. A question that many ask
    goes from one side altogether.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> conversations = cda.identify_users(cda.load_sample(1_000))
    >>> table = cda.training_table(conversations, target="evaluation_is_success")
    >>> train, test = cda.split_by_time(table, at="2026-05-01", embargo="3D")
    >>> train.rows["created_at"].max() < test.rows["created_at"].min()
    True
    >>> set(train.rows["group"]) & set(test.rows["group"])
    set()
    """
    check_table(table, "split_by_time")
    check_keep(keep)
    wait, moment = read_embargo(embargo), read_moment(at, "at", tz)
    instants = instants_of(table)
    start = int(moment.asm8.astype("datetime64[us]").astype("int64"))
    if not instants.min() < start <= instants.max():
        raise InputError(
            f"at={at!r} leaves one side empty: {extent(instants)} Choose a moment between the two."
        )
    sides = sides_at(instants, start, embargo=wait)
    recipe = {
        "method": "split_by_time", "at": moment.isoformat(), "embargo": wait.isoformat(),
        "similarity": similarity,
    }  # fmt: skip
    alike = find_alike(table.rows["text"], similarity)
    return part(
        table, sides.train, sides.test, alike=alike, keep=keep, recipe=recipe,
        reasons={EMBARGO: sides.embargo},
    )  # fmt: skip


def split_by_user(
    table: TrainingTable,
    *,
    test_size: float = 0.25,
    random_state: int | np.random.Generator | None = 0,
    keep: Keep = "train",
    similarity: float | None = SIMILARITY,
) -> Split:
    """Split by person: whole people on one side, with those whose texts are near-duplicates.

    How a model does on people it has never seen, at the time it was made. What it does
    later is another question: `split_by_time`.

    Parameters
    ----------
    table : TrainingTable
        As `training_table` returns it.
    test_size : float
        About which share of the rows is to test, between 0 and 1.
    random_state : int, numpy.random.Generator or None
        Seed of 0 or more; the same seed gives the same sides, whatever the order of the
        rows. Of a generator, or without one, a seed is drawn; the recipe tells it.
    keep : {"train", "test"}
        The side that keeps rows whose near-duplicates are on both sides. These are texts
        that so many people share that they cannot be kept on one side.
    similarity : float or None
        From which similarity on two texts are near-duplicates, by their first 2,000
        characters; see `split_by_time`.

    Returns
    -------
    Split
        ``train, test = split``. `dropped` lists each row that is on neither side, with
        its reason.

    Raises
    ------
    InputError
        If an argument cannot be used, there are not two groups of people to divide, or a
        side is left empty or with one class.

    Notes
    -----
    People are joined who share a near-duplicate text, and those whom they share others
    with, unless the group would hold over 5 % of the rows (and over 10 rows): such texts
    tell nobody apart. 50 random divisions of the groups are drawn, and the one is taken
    in which each class (of a number, each quarter of its range of ranks) has most nearly
    its share on both sides.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> conversations = cda.identify_users(cda.load_sample(1_000))
    >>> table = cda.training_table(conversations, target="evaluation_is_success")
    >>> train, test = cda.split_by_user(table, test_size=0.2)
    >>> round(len(test) / len(table), 2)
    0.2
    """
    check_table(table, "split_by_user")
    check_keep(keep)
    share, state = _check_share(test_size), _read_state(random_state)
    alike = find_alike(table.rows["text"], check_similarity(similarity))
    components = join_people(people_of(table), alike.families())
    test = _divided(
        components, _strata(table), share, int(np.random.default_rng(state).integers(2**32))
    )
    recipe = {
        "method": "split_by_user", "test_size": share, "random_state": state,
        "similarity": similarity, "groups": len(np.unique(components)),
    }  # fmt: skip
    return part(table, ~test, test, alike=alike, keep=keep, recipe=recipe, reasons={})


def _check_share(test_size: float) -> float:
    number = isinstance(test_size, (float, np.floating)) and 0 < test_size < 1
    if not number:
        raise InputError(f"test_size={test_size!r} is no share between 0 and 1. Give 0.25.")
    return float(test_size)


def _read_state(random_state: int | np.random.Generator | None) -> int:
    """Return the seed; one that is drawn where none is given."""
    if random_state is None or isinstance(random_state, np.random.Generator):
        return int(np.random.default_rng(random_state).integers(2**32))
    whole = isinstance(random_state, int | np.integer) and not isinstance(random_state, bool)
    if not whole or random_state < 0:
        raise InputError(
            f"random_state={random_state!r} is no whole number of 0 or more. Give 0, or a"
            " numpy.random.Generator."
        )
    return int(random_state)


def _strata(table: TrainingTable) -> Codes:
    """Return what is to be even on both sides: the class, or the quarter by rank."""
    if table.task == "regression":
        quarter = table.target.rank(method="average", pct=True) * _STRATA
        return np.asarray(np.ceil(quarter), dtype=np.int64) - 1
    return np.asarray(pd.factorize(table.target, sort=True)[0], dtype=np.int64)


def _divided(components: Codes, strata: Codes, share: float, seed: int) -> Mask:
    """Return the rows to test, of the most even of some random divisions."""
    names, number, sizes = np.unique(components, return_inverse=True, return_counts=True)
    if len(names) < 2:
        raise InputError(
            "All rows belong to one person, or to people with the same texts, so that they cannot"
            " be divided. Load conversations of more people; where only the texts are alike,"
            " similarity=None leaves them out of account."
        )
    totals = np.bincount(strata)
    rng, drawn = np.random.default_rng(seed), []
    for _ in range(_DRAWS):
        order = rng.permutation(len(names))
        rows = np.cumsum(sizes[order])
        stop = int(np.argmin(np.abs(rows[:-1] - share * rows[-1]))) + 1
        chosen = np.zeros(len(names), dtype=bool)
        chosen[order[:stop]] = True
        drawn.append((_unevenness(strata[chosen[number]], totals, share), chosen))
    return np.asarray(min(drawn, key=lambda draw: draw[0])[1][number])


def _unevenness(tested: Codes, totals: Codes, share: float) -> tuple[int, float]:
    """Return how many classes a side lacks, and how far their numbers are from their share."""
    counts = np.bincount(tested, minlength=len(totals))
    lacking = int(((counts == 0) | (counts == totals))[totals > 0].sum())
    return lacking, float(((counts - share * totals) ** 2 / np.maximum(totals, 1)).sum())
