"""The section of a card that tells how to load the data set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chatdash_analysis.datasets.exporting.markdown import code_block, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    Facts = Mapping[str, Any]

__all__ = ["loading_section"]


def loading_section(facts: Facts) -> str:
    """Return how to load a data set in pandas, Hugging Face datasets and DuckDB."""
    first = next(iter(facts["tables"].values()))
    sections = [
        "From inside the folder.",
        code_block(_pandas(facts, first["file"]), "python"),
        code_block(_datasets(first["split"]), "python"),
        code_block(_duckdb(first["file"]), "python"),
    ]
    if facts["for_spreadsheet"]:
        sections.append(
            "The files are for spreadsheets: lines that one would run as a formula begin with an"
            " apostrophe that is not in the data, instants are in UTC and in whole seconds, and"
            " types are lost. To train on the data, export it as parquet."
        )
    return "\n\n".join(sections)


def _pandas(facts: Facts, file: str) -> str:
    reader = "read_csv" if facts["for_spreadsheet"] else "read_parquet"
    target = quoted(facts["target"])
    beside = ", ".join(quoted(name) for name in facts["beside"])
    return (
        "import pandas as pd\n\n"
        f"table = pd.{reader}({quoted(file)})\n"
        f"X = table.drop(columns=[{beside}, {target}])\n"
        f'y, groups = table[{target}], table["group"]'
    )


def _datasets(split: str) -> str:
    return (
        "from pathlib import Path\n\nimport datasets\n\n"
        "folder = str(Path.cwd())  # the library wants the whole path\n"
        f"table = datasets.load_dataset(folder, split={quoted(split)})"
    )


def _duckdb(file: str) -> str:
    query = f"FROM '{file}'"
    return f"import duckdb\n\ntable = duckdb.sql({quoted(query)})"
