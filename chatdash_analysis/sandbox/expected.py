"""Rates that follow from the planted world, worked out instead of simulated."""

from __future__ import annotations

from math import fsum
from typing import TYPE_CHECKING, TypeVar

from chatdash_analysis.sandbox.world import FAULT_SHARE, LINES, SETUPS, Line

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "channel_shares",
    "overall_success",
    "reached_by_channel",
    "success_by_channel",
    "success_by_language_and_device",
    "success_by_setup",
]

K = TypeVar("K")


def channel_shares(*, changed: bool) -> dict[str, float]:
    """Return the share of each channel in all conversations."""
    shares = ((line.channel, 1.0, _share(line, changed=changed)) for line in LINES)
    return {channel: weight for channel, (_, weight) in _totals(shares).items()}


def reached_by_channel(*, changed: bool) -> dict[str, float]:
    """Return the share of contacts of each channel in which anything was said."""
    return _means((line.channel, line.reached, _share(line, changed=changed)) for line in LINES)


def success_by_channel(*, changed: bool) -> dict[str, float]:
    """Return the success rate of each channel without technical faults."""
    return _means(
        (line.channel, _success(line, changed=changed), _heard(line, changed=changed))
        for line in LINES
    )


def overall_success(*, changed: bool) -> float:
    """Return the success rate over all channels without technical faults."""
    rows = ((0, _success(line, changed=changed), _heard(line, changed=changed)) for line in LINES)
    return _means(rows)[0]


def success_by_setup(position: int) -> dict[str, float]:
    """Return the rate on web chat, before the change, by device (0), system (1) or browser (2)."""
    return _means(
        (
            setup[position],
            line.success_rate(device, changed=False),
            _heard(line, changed=False) * device_share * share,
        )
        for line in LINES
        if line.channel == "Webchat"
        for device, device_share in line.devices().items()
        for setup, share in SETUPS[device]
    )


def success_by_language_and_device() -> dict[tuple[str, str], float]:
    """Return the rate on web chat, before the change."""
    return {
        (line.language, device): line.success_rate(device, changed=False)
        for line in LINES
        if line.channel == "Webchat"
        for device in line.devices()
    }


def _share(line: Line, *, changed: bool) -> float:
    return line.after if changed else line.before


def _heard(line: Line, *, changed: bool) -> float:
    """Return the share of conversations that may be evaluated and have no technical fault."""
    sound = 1 - FAULT_SHARE if line.voice else 1.0
    return _share(line, changed=changed) * line.reached * sound


def _success(line: Line, *, changed: bool) -> float:
    return fsum(
        share * line.success_rate(device, changed=changed)
        for device, share in line.devices().items()
    )


def _means(rows: Iterable[tuple[K, float, float]]) -> dict[K, float]:
    return {key: total / weight for key, (total, weight) in _totals(rows).items()}


def _totals(rows: Iterable[tuple[K, float, float]]) -> dict[K, tuple[float, float]]:
    """Sum up ``(key, value, weight)`` to value times weight, and weight, for each key."""
    totals: dict[K, tuple[float, float]] = {}
    for key, value, weight in rows:
        total, weights = totals.get(key, (0.0, 0.0))
        totals[key] = (total + value * weight, weights + weight)
    return totals
