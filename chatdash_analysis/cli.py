"""The ``chatdash`` command.

Exit codes: 0 fine; 1 an error of this package, said in one paragraph on the
error output; 2 a command that cannot be understood; 3 `verify` found damage;
130 stopped with Ctrl-C.
"""

from __future__ import annotations

import io
import os
import sys
import warnings
from typing import TYPE_CHECKING

from chatdash_analysis import commands
from chatdash_analysis.errors import ChatDashError
from chatdash_analysis.verbs import command_parser

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

__all__ = ["main"]

FAILED, INTERRUPTED = 1, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    options = command_parser().parse_args(argv)
    _accept_every_letter()
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            code: int = options.run(options)
            sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return _reader_has_gone()
    except ChatDashError as error:
        print(f"chatdash: {error}", file=sys.stderr)
        return FAILED
    return code


def _accept_every_letter() -> None:
    # Names and questions hold letters that some terminals lack; nothing should fail for that.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    print(f"chatdash: {message}", file=sys.stderr)


def _reader_has_gone() -> int:
    # Python flushes the output once more when it ends, which would raise again.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return commands.FINE
