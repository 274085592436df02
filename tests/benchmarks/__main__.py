"""``python -m tests.benchmarks``: how fast and how lean, against peers, as one table."""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.benchmarks.run import STEPS, Settings, benchmark
from tests.benchmarks.targets import table


def main() -> None:
    parser = _parser()
    arguments = parser.parse_args()
    unknown = set((arguments.only or "").split(",")) - {"", *STEPS}
    if unknown:
        parser.error(f"no such step: {', '.join(sorted(unknown))}; there are {', '.join(STEPS)}")
    settings = Settings(
        main=arguments.rows or (10_000 if arguments.quick else Settings.main),
        large=arguments.large or (50_000 if arguments.quick else Settings.large),
        small=2_000 if arguments.quick else Settings.small,
        huge=arguments.huge or Settings.huge,
        rounds=arguments.rounds or (3 if arguments.quick else Settings.rounds),
        large_rounds=arguments.large_rounds or Settings.large_rounds,
        folder=arguments.folder,
    )
    figures = list(benchmark(settings, arguments.only))
    print(table(figures, settings.sizes()))
    if (settings.main, settings.large) != (Settings.main, Settings.large):
        print(f"\nReach and aim are meant for {Settings.main:,} and {Settings.large:,} rows.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, a few minutes")
    parser.add_argument("--rows", type=int, help=f"rows of most lines ({Settings.main:,})")
    parser.add_argument("--large", type=int, help=f"rows of the large ones ({Settings.large:,})")
    parser.add_argument("--huge", type=int, help="rows of the analyses, once more: 10000000")
    parser.add_argument("--rounds", type=int, help=f"runs of each job ({Settings.rounds})")
    parser.add_argument("--large-rounds", type=int, help=f"runs at {Settings.large:,} rows (2)")
    parser.add_argument("--only", help=f"steps, by comma: {', '.join(STEPS)}")
    parser.add_argument(
        "--folder", type=Path, default=Settings.folder, help="for temporary files (10 GB)"
    )
    return parser


if __name__ == "__main__":
    main()
