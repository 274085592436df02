"""One self-contained page on a period, for the client of an agency."""

from __future__ import annotations

from chatdash_analysis.report.writing import write_report

__all__ = ["write_report"]
