"""``make gallery``: draw the pictures of the README from made-up conversations."""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import chatdash_analysis as cda

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

HERE = Path(__file__).parent
SIZE = 6_000
# 1,400 dots wide, so that a page can show them at half the size on a fine screen.
WIDTH, DPI = 8.75, 160
# Few enough to keep the files small, enough for smooth edges of letters.
COLOURS = 128
# The months compared, and the last that clusters are of: what was asked changed most there.
BEFORE, AFTER = ("2026-03-01", "2026-05-01"), ("2026-05-01", "2026-07-01")
UNTIL = "2026-06-01"
TZ = "Europe/Berlin"

Draw = Callable[..., Any]


def main(folder: Path = HERE) -> list[Path]:
    """Draw each picture into a folder; return the files."""
    conversations = cda.load_sample(SIZE)
    pictures = {
        "success-by-channel": success_by_channel(conversations),
        "why-success-changed": why_success_changed(conversations),
        "misunderstood-questions": misunderstood_questions(conversations),
    }
    return [_saved(picture, folder / f"{name}.png") for name, picture in pictures.items()]


def success_by_channel(conversations: pd.DataFrame) -> Figure:
    """Draw the rate of each channel."""
    channels = cda.channel_summary(conversations)
    title = "Success by channel, first half of 2026"
    return _figure(title, 3.6, cda.plot_rates, channels, sort="rate")


def why_success_changed(conversations: pd.DataFrame) -> Figure:
    """Draw how much of a change is the mix of channels."""
    why = cda.explain_change(conversations, by="channel", before=BEFORE, after=AFTER, tz=TZ)
    title = "Why success fell from March and April to May and June 2026"
    return _figure(title, 5.2, cda.plot_waterfall, why)


def misunderstood_questions(conversations: pd.DataFrame) -> Figure:
    """Draw the largest clusters of questions, and which of them grew or fell."""
    seen = conversations[conversations["created_at"].lt(UNTIL)]
    # The model that `make demo` installs; another would draw other clusters.
    clusters = cda.cluster_queries(cda.misunderstood_queries(seen), embed="use")
    trends = cda.cluster_trends(clusters, seen, freq="M", tz=TZ)
    title = "What the agents did not understand, January to May 2026"
    return _figure(title, 5.4, cda.plot_clusters, clusters.summary, trends=trends, top=10)


def _figure(title: str, height: float, draw: Draw, table: pd.DataFrame, **how: Any) -> Figure:
    # Not pyplot, which would look for a display.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), dpi=DPI, layout="constrained")
    draw(table, ax=figure.subplots(), **how)
    figure.suptitle(f"{title} (made-up conversations)")
    return figure


def _saved(figure: Figure, path: Path) -> Path:
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    drawn = io.BytesIO()
    figure.savefig(drawn, format="png")
    picture = Image.open(drawn).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    # Neither a date nor the name of a version: the same picture is the same file.
    notes = PngInfo()
    notes.add_itxt("Description", _words(figure))
    picture.save(path, optimize=True, pnginfo=notes)
    return path


def _words(figure: Figure) -> str:
    """Return the texts and numbers of a picture."""
    from matplotlib.text import Text

    texts = [text.get_text().strip() for text in figure.findobj(Text) if text.get_visible()]
    return "\n".join(filter(None, texts))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=HERE)
    main(parser.parse_args().folder)
