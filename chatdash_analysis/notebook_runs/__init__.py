"""Notebooks run with parameters, their results saved."""

from chatdash_analysis.notebook_runs.listing import notebooks_text
from chatdash_analysis.notebook_runs.running import run_notebook

__all__ = ["notebooks_text", "run_notebook"]
