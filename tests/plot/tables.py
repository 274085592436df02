"""Small tables as the analyses return them, and what was drawn of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.text import Text

# Each is harmless as text and breaks something as mathematics, as a font or as a line.
HOSTILE = [
    "costs $5 or $6", "$\\undefined$", "snake_case_{x}^2 & 50% #1", "\U0001f9b7 dentist \U0001f642",
    "two\nlines\tand tab", "x" * 300, None, "", "\u4f60\u597d\u4e16\u754c", "\x00\x1b[31m",
    "A very long name of a group that nobody wants to read in full, Berlin",
    "A very long name of a group that nobody wants to read in full, Hamburg",
]  # fmt: skip
FORTY = [f"agent {number}" for number in range(40)]


def rates_table(groups, *, by="channel", n=100, rate=0.5, flags="", **columns):
    size = len(groups)
    table = pd.DataFrame({
        by: pd.Series(list(groups), dtype="str"), "n": np.broadcast_to(n, size),
        "successes": 0, "unknown": 3, "excluded": 1, "users": 9,
        "rate": np.broadcast_to(np.asarray(rate, dtype="float64"), size),
    })  # fmt: skip
    table = table.assign(low=table["rate"] - 0.1, high=table["rate"] + 0.1)
    texts = [flags] * size if isinstance(flags, str) else flags
    return table.assign(flags=pd.Series(texts, dtype="str"), **columns)


def retention(cohorts=3, *, by=None):
    """Cohorts of 90, 80, ... people; half come back each week; the last week is not over."""
    rows = []
    for cohort in range(cohorts):
        for period in range(cohorts - cohort):
            over = cohort + period < cohorts - 1
            monday = pd.Timestamp("2026-01-05") + pd.Timedelta(weeks=cohort)
            n = 90 - 10 * (cohort % 8) if over else 0
            rows.append((monday, f"{monday:%Y-%m-%d}", period, n, "" if over else "immature"))
    rows += [(pd.NaT, "all", period, 300, "") for period in range(cohorts - 1)]
    table = pd.DataFrame(rows, columns=["cohort", "cohort_label", "period", "n", "flags"])
    rate = np.where(table["n"] > 0, 0.5 ** table["period"], np.nan)
    table.insert(3, "period_label", "week " + table["period"].astype("str"))
    table = table.assign(rate=rate, low=rate * 0.9, high=rate)
    if by is None:
        return table
    groups = [table.assign(channel=name) for name in by]
    table = pd.concat(groups, ignore_index=True).astype({"channel": "str"})
    return table[["channel", *table.columns.drop("channel")]]


def curve(groups, *, days=(0, 5, 10, 20, 30), **columns):
    tables = [
        pd.DataFrame({
            "channel": pd.Series([name] * len(days), dtype="str"),
            "day": np.array(days, dtype="float64"),
            "at_risk": [1000 - 10 * place - int(day) for day in days],
            "returned": 0, "rate": np.linspace(0, 0.4, len(days)),
        })
        for place, name in enumerate(groups)
    ]  # fmt: skip
    table = pd.concat(tables, ignore_index=True)
    table = table.assign(low=table["rate"] * 0.9, high=table["rate"] * 1.1, flags="", p_value=0.012)
    return table.assign(**columns)


def activity(*, n=20, rate=0.6, **columns):
    grid = pd.MultiIndex.from_product([range(7), range(24)], names=["weekday", "hour"])
    table = grid.to_frame(index=False)
    business = table["weekday"].lt(5) & table["hour"].between(9, 16)
    table = table.assign(business=business, conversations=2 * n, n=n, rate=rate)
    return table.assign(low=table["rate"] - 0.1, high=table["rate"] + 0.1, flags="", **columns)


def league(names, *, n=None, outside=(), **columns):
    n = np.array([50 * (place + 1) for place in range(len(names))] if n is None else n)
    rate = np.array([0.9 if name in outside else 0.6 for name in names])
    table = pd.DataFrame({
        "agent_id": pd.Series(list(names), dtype="str"), "n": n, "rate": rate, "overall": 0.6,
    })  # fmt: skip
    for suffix, width in (("", 0.98), ("_998", 1.5)):
        half = width / np.sqrt(np.maximum(n, 1))
        table = table.assign(
            **{f"limit_low{suffix}": 0.6 - half, f"limit_high{suffix}": 0.6 + half}
        )
    flags = ["outside_998" if name in outside else "" for name in names]
    return table.assign(flags=pd.Series(flags, dtype="str"), **columns)


def change(groups):
    """From 60 % to 50 %: the mix of each cell takes 1 point, and within it the rest is lost."""
    size = len(groups)
    table = pd.DataFrame({
        "channel": pd.Series([*groups, "all"], dtype="str"),
        "n_before": [100] * size + [100 * size], "rate_before": 0.6,
        "low_before": 0.55, "high_before": 0.65,
        "n_after": [80] * size + [80 * size], "rate_after": 0.5,
        "low_after": 0.45, "high_after": 0.55,
        "mix": [-0.01] * size + [-0.01 * size],
        "within": [0.01 - 0.1 / max(size, 1)] * size + [0.01 * size - 0.1],
    })  # fmt: skip
    for part in ("mix", "within"):
        table[f"{part}_low"], table[f"{part}_high"] = table[part] - 0.02, table[part] + 0.02
    return table.assign(flags=pd.Series([""] * (size + 1), dtype="str"))


def stages(groups):
    tables = [
        rates_table([name] * 4, by="platform", n=[100, 80, 60, 100], rate=[0.8, 0.7, 0.6, 0.4])
        for name in groups
    ]
    table = pd.concat(tables, ignore_index=True)
    names = ["reached", "no_fault", "success", "overall"] * len(groups)
    table.insert(1, "stage", pd.Series(names, dtype="str"))
    return table


def lay_out(ax):
    """Lay out all that a saved picture holds, so that each glyph that is missing warns."""
    ax.get_figure(root=True).draw_without_rendering()


def texts(ax):
    """Return the texts that stand free in the axes and around them, but for the head of labels."""
    return [text.get_text() for text in ax.texts if text.get_text() and text.get_gid() != "head"]


def row_labels(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


def shown_texts(ax):
    """Return every text of the figure that a reader sees, with its box in pixels."""
    figure = ax.get_figure(root=True)
    lay_out(ax)
    hidden = set()
    for axes in figure.findobj(type(ax)):
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                if not low - 1e-9 <= tick.get_loc() <= high + 1e-9:
                    hidden |= {tick.label1, tick.label2}
    found = [
        text
        for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and text not in hidden
    ]
    # The box of an annotation would include its arrow.
    return [(text, Text.get_window_extent(text)) for text in found]


def overlaps(ax):
    """Return the texts that stand on each other, or reach out of the figure."""
    shown = shown_texts(ax)
    boxes = np.array([(box.x0, box.y0, box.x1, box.y1) for _, box in shown])
    width, height = ax.get_figure(root=True).bbox.size
    out = (boxes[:, :2] < -1).any(axis=1) | (boxes[:, 2:] > (width + 1, height + 1)).any(axis=1)
    across = np.minimum(boxes[:, None, 2], boxes[:, 2]) - np.maximum(boxes[:, None, 0], boxes[:, 0])
    down = np.minimum(boxes[:, None, 3], boxes[:, 3]) - np.maximum(boxes[:, None, 1], boxes[:, 1])
    pairs = np.argwhere(np.triu((across > 1) & (down > 1.5), k=1))
    names = [text.get_text() for text, _ in shown]
    return [names[row] for row in np.flatnonzero(out)] + [(names[a], names[b]) for a, b in pairs]
