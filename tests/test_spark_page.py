"""The page on Spark: its cells run where Spark is, since the build of the pages leaves them out."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
CELL = re.compile(r"^```\{code-cell\} python\n(?::[^\n]*\n)*(.*?)^```$", re.MULTILINE | re.DOTALL)
LONGEST = 600


def test_the_page_shows_no_result_that_nobody_computed():
    text = (DOCS / "how-to/spark.md").read_text()
    kinds = set(re.findall(r"^```+(\S.*)$", text, re.MULTILINE))
    assert kinds == {"sh", "{code-cell} python"}
    assert len(CELL.findall(text)) == text.count("```{code-cell}") >= 5


@pytest.mark.spark
def test_every_cell_of_the_page_runs(tmp_path):
    pytest.importorskip("pyspark.sql", reason="PySpark is not installed")
    if not shutil.which("java"):
        pytest.skip("Spark needs Java")
    cells = CELL.findall((DOCS / "how-to/spark.md").read_text())
    # A process of its own: the page stops its session, and tests of engines share another.
    script = tmp_path / "page.py"
    script.write_text("\n".join([*cells, "print('same:', same, len(rates), len(by_agent))\n"]))
    done = subprocess.run(
        [sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=False,
        timeout=LONGEST, env=os.environ | {"PYTHONPATH": str(DOCS / "_building")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "same: True 5 6"
