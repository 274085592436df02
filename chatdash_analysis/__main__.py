"""``python -m chatdash_analysis`` is the ``chatdash`` command."""

from __future__ import annotations

import sys

from chatdash_analysis.cli import main

if __name__ == "__main__":
    sys.exit(main())
