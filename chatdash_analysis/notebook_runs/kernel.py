"""What runs the cells: the Python that runs this package, whatever others are registered."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

__all__ = ["keeping_engine", "own_kernel"]


def keeping_engine(state: dict[str, Any]) -> Any:
    """Return an engine of papermill that leaves in `state` the notebook as far as it ran.

    So nothing of an unfinished run is on the disk, which may be full.
    """
    from papermill.engines import NBClientEngine

    class KeepingEngine(NBClientEngine):  # type: ignore[misc]
        """The usual engine, whose notebook can be had at any time."""

        @classmethod
        def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> Any:
            state["notebook"] = nb_man.nb
            return super().execute_managed_notebook(nb_man, kernel_name, **options)

    return KeepingEngine


def own_kernel() -> Any:
    """Return a new class of kernels; its attribute `stopped` says whether one was asked to end."""
    import zmq
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from traitlets import default

    class OwnKernel(AsyncKernelManager):
        """The kernel of this Python, without progress bars, which a saved notebook cannot move."""

        stopped = False

        @default("kernel_spec_manager")
        def _own_python_alone(self) -> KernelSpecManager:
            # Without folders to look into, `python3` is the ipykernel beside this Python.
            return KernelSpecManager(kernel_dirs=[])

        @default("transport_encryption")
        def _where_possible(self) -> str:
            # What cells show goes through a port that others on the machine could listen to.
            return "auto" if zmq.has("curve") else "disabled"

        # These two are declared as plain functions there and are none.
        async def start_kernel(self, **options: Any) -> None:  # type: ignore[override]
            options["env"] = {**os.environ, "TQDM_DISABLE": "1"}
            # What cells print is in the notebook; the rest are remarks about its own end.
            options["stdout"] = options["stderr"] = subprocess.DEVNULL
            await super().start_kernel(**options)

        async def shutdown_kernel(self, now: bool = False, restart: bool = False) -> None:  # type: ignore[override]
            type(self).stopped = True
            await super().shutdown_kernel(now=now, restart=restart)

    return OwnKernel
