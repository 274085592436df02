"""Made-up conversations, as a frame or behind a stand-in for the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatdash_analysis.errors import InputError
from chatdash_analysis.loading.saved import frame_from_body

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from chatdash_analysis.sandbox.behaviour import Behaviour
    from chatdash_analysis.sandbox.server import StandIn

__all__ = ["load_sample", "stand_in"]


def load_sample(n: int = 2_000, *, seed: int = 0) -> pd.DataFrame:
    """Make up conversations of a small agency; needs no key and no network.

    They run over six months, on six agents of several platforms, and hold what real
    ones do: people who return, devices and channels that differ in success, questions
    that were not understood, missing and late values.

    Parameters
    ----------
    n : int
        Number of conversations.
    seed : int
        The same seed gives the same conversations.

    Returns
    -------
    pandas.DataFrame
        The same table that `load_conversations` returns.

    Raises
    ------
    InputError
        If `n` is negative.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> len(cda.load_sample(300, seed=1))
    300
    """
    from chatdash_analysis.sandbox.sample import Sample, json_array

    if isinstance(n, bool) or not isinstance(n, int) or n < 0:
        raise InputError(f"n={n!r} is no number of conversations.")
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise InputError(f"seed={seed!r} is no whole number.")
    sample = Sample(size=n, seed=seed)
    frame = frame_from_body(_Stream(json_array(sample)), f"sample of {n}, seed {seed}")
    platforms = {agent["_id"]: agent.get("platform") for agent in sample.agents()}
    frame["platform"] = frame["agent_id"].map(platforms).astype("str")
    return frame


def stand_in(
    n: int = 2_000, *, seed: int = 0, behaviour: Behaviour | None = None, port: int = 0
) -> StandIn:
    """Return a stand-in service with made-up conversations, to be used with ``with``.

    Parameters
    ----------
    n, seed : int
        As in `load_sample`.
    behaviour : Behaviour, optional
        How the service behaves where its documentation is silent, and its faults.
    port : int
        Port on loopback; 0 for any that is free.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> with stand_in(100) as service:
    ...     client = cda.Client(service.api_key, base_url=service.url)
    ...     agents = cda.load_agents(client=client)
    >>> agents["platform"].notna().all()
    np.True_
    """
    from chatdash_analysis.sandbox.sample import Sample
    from chatdash_analysis.sandbox.server import StandIn

    sample = Sample(size=n, seed=seed)
    return StandIn(
        sample.conversations(), sample.agents(), sample.clients(), behaviour=behaviour, port=port
    )


class _Stream:
    """Bytes that come in parts, to be read like a file."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts

    def read(self, n: int, /) -> bytes:  # noqa: ARG002 - parts are small; a reader takes what comes
        """Return the next part; nothing at the end."""
        return next(self._parts, b"")
