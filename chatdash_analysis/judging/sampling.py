"""Draw conversations for people to judge."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from chatdash_analysis.codes import group_codes, user_codes
from chatdash_analysis.counting import labels_of
from chatdash_analysis.errors import InputError
from chatdash_analysis.judging.allocation import allocate
from chatdash_analysis.judging.drawing import draw
from chatdash_analysis.judging.population import with_verdicts
from chatdash_analysis.judging.sampling_codes import Drawn, code_of
from chatdash_analysis.judging.settings import whole_number
from chatdash_analysis.judging.sheets import FILLED, ID, filled_sheet, shown_columns
from chatdash_analysis.saving import check_target, save_table
from chatdash_analysis.schema import BY_NAME
from chatdash_analysis.tables import require_dataframe

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]

__all__ = ["audit_sample"]

_USE = "audit_sample"


def audit_sample(
    conversations: pd.DataFrame,
    n: int,
    *,
    outcome: str = "evaluation_is_success",
    by: str | Sequence[str] | None = "agent_id",
    columns: Sequence[str] | None = None,
    path: str | Path | None = None,
    users: str = "user_id",
    scrubbed: bool = True,
    random_state: int = 0,
) -> pd.DataFrame:
    """Draw conversations into a sheet in which people say whether each was a success.

    ``evaluation_is_success`` is what a model says, and not the truth. `judge_audit`
    reads the filled sheet and tells how far it can be believed.

    The verdict and its reason are not in the sheet, so that whoever judges is not led by
    them. In ``human_verdict`` goes true or false (yes or no, 1 or 0, ja or nein); a cell
    left empty is not judged. The rows stand in random order: whoever stops early has
    judged a random part.

    Parameters
    ----------
    conversations : pandas.DataFrame
        Conversations.
    n : int
        How many to draw; all that have a verdict if there are not more.
    outcome : str
        Column of flags with the verdicts.
    by : str, sequence of str or None
        Columns whose combinations are drawn from separately, and shown.
    columns : sequence of str, optional
        What to show beside `by`, in place of ``agent_id``, ``created_at``, ``channel``,
        ``duration_minutes``, ``ended_reason``, ``summary`` and ``misunderstood_queries``
        (those that the table has). Add ``url`` for the recording; it is shown as it is.
    path : str or Path, optional
        File to write the sheet to, ``.csv`` for spreadsheets or ``.parquet``. It must not
        be there yet, as it may hold answers. In CSV, lines that a spreadsheet would run
        as a formula get a leading apostrophe.
    users : str
        Column that names people. If there is no ``user_id``, `identify_users` adds it.
    scrubbed : bool
        Whether personal data in free text are masked, see `scrub`.
    random_state : int
        Seed; the same seed draws the same rows, whatever their order.

    Returns
    -------
    pandas.DataFrame
        One row a conversation: ``conversation_id``, the columns of `by` and `columns`
        (free text masked; ``misunderstood_queries`` joined by slashes),
        ``human_verdict`` (boolean, empty), ``human_note`` (str, empty) and
        ``sampling_code`` (str; stratum and weight, which `judge_audit` needs: keep it).
        ``attrs["audit_sample"]`` holds ``conversations``, ``unknown`` (of them, without a
        verdict: never drawn), ``drawn`` and ``strata``: for each, its labels, ``verdict``,
        ``conversations``, ``drawn`` and ``weight`` (conversations for each one drawn).

    Raises
    ------
    InputError
        If `n` is no number of conversations or too small for two of each stratum, the
        outcome is not a flag, ids are missing or not unique, or the file cannot be written.
    MissingColumnsError
        If a column is not there.

    Notes
    -----
    Strata are the groups of `by` times the verdict. A judge that errs as often on
    successes as on failures is measured best (Neyman) if each verdict gets half of its
    group's draws, and the groups share them as the geometric mean of their two verdicts'
    numbers; each stratum gets at least five where `n` is large enough, otherwise at least
    two. Inside a stratum rows are taken at equal distances, laid out person by person in
    random order: each is equally likely, and nobody has more draws than their share of
    the stratum, rounded up.

    References
    ----------
    J. Neyman (1934), On the two different aspects of the representative method.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> sheet = cda.audit_sample(cda.load_sample(600), 40, by="channel", users="lead_id")
    >>> len(sheet), "evaluation_is_success" in sheet
    (40, False)
    """
    target = None if path is None else _new_file(path)
    wanted, seed = whole_number("n", n, 1), whole_number("random_state", random_state, 0)
    frame, names = _checked(conversations, outcome, by, users)
    shown = shown_columns(frame, names, columns, _USE)
    if outcome in shown:
        raise InputError(
            f"columns: {outcome} is the verdict that is audited. Who sees it is no judge of it:"
            " leave it out."
        )
    judged = frame[frame[outcome].notna().to_numpy()].reset_index(drop=True)
    strata, labels = _strata(judged, names, outcome)
    sizes = np.bincount(strata, minlength=2 * len(labels)).astype(np.int64)
    numbers = allocate(sizes.reshape(-1, 2), wanted).ravel()
    rng = np.random.default_rng(seed)
    rows = draw(strata, user_codes(judged[users]), numbers, rng)
    drawn = judged.take(rows)
    sheet = filled_sheet(drawn, shown, _codes(drawn, strata[rows], sizes, seed), scrubbed=scrubbed)
    sheet.attrs = {"audit_sample": _summary(frame, labels, sizes, numbers)}
    if target is not None:
        save_table(sheet, target)
    return sheet


def _new_file(path: str | Path) -> Path:
    target = check_target(path)
    if target.exists():
        raise InputError(
            f"{target.name} is there already, and may hold people's answers. Choose another name,"
            " or move the file away first."
        )
    return target


def _checked(
    conversations: pd.DataFrame, outcome: str, by: str | Sequence[str] | None, users: str
) -> tuple[pd.DataFrame, list[str]]:
    require_dataframe(conversations, _USE)
    names = labels_of(by, conversations, (*FILLED, ID))
    frame = with_verdicts(conversations, outcome, users, _USE, by=names)
    if outcome in names:
        raise InputError(f"by={by!r}: {outcome} is the verdict, which the sheet must not show.")
    personal = [name for name in names if name in BY_NAME and BY_NAME[name].pii]
    if personal:
        raise InputError(
            f"by={by!r}: {personal[0]} is personal data, of which no groups are made. Choose a"
            " column that many people share, such as channel."
        )
    return frame, names


def _strata(judged: pd.DataFrame, names: Sequence[str], outcome: str) -> tuple[Codes, pd.DataFrame]:
    groups, labels = group_codes(judged, names)
    failed = ~judged[outcome].to_numpy(dtype=bool)
    return groups * 2 + failed, labels


def _codes(drawn: pd.DataFrame, strata: Codes, sizes: Codes, seed: int) -> list[str]:
    ids = drawn[ID].astype("str").tolist()
    # Sheets of different draws can be put together: each code says to which one it belongs.
    content = "\0".join([str(seed), *sorted(ids)]).encode()
    number = int.from_bytes(hashlib.sha256(content).digest()[:4], "big")
    rows = zip(ids, strata.tolist(), sizes[strata].tolist(), strict=True)
    return [code_of(one, Drawn(number, stratum, size)) for one, stratum, size in rows]


def _summary(
    frame: pd.DataFrame, labels: pd.DataFrame, sizes: Codes, numbers: Codes
) -> dict[str, Any]:
    strata = [
        {
            **{name: str(labels[name].iloc[place // 2]) for name in labels},
            "verdict": place % 2 == 0,
            "conversations": int(size),
            "drawn": int(number),
            "weight": float(size / number),
        }
        for place, (size, number) in enumerate(zip(sizes, numbers, strict=True))
        if size
    ]
    return {
        "conversations": len(frame),
        "unknown": len(frame) - int(sizes.sum()),
        "drawn": int(numbers.sum()),
        "strata": strata,
    }
