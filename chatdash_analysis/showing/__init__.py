"""Tables of analyses as readers like them: one way to write each kind of number."""

from __future__ import annotations

from chatdash_analysis.showing.readable import readable_table
from chatdash_analysis.showing.styling import style_table

__all__ = ["readable_table", "style_table"]
