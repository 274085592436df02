"""Manners in notebooks: bars that show, loads that can be stopped, help that can be run."""

from __future__ import annotations

import ast
import contextlib
import doctest
import inspect
import io
import time
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import KernelManager

import chatdash_analysis as cda
from chatdash_analysis.sandbox import stand_in
from chatdash_analysis.sandbox.behaviour import Behaviour
from tests.loading.loads import only_lacking

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "chatdash_analysis").rglob("*.py"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FUNCTIONS = [name for name in cda.__all__ if inspect.isfunction(getattr(cda, name))]
# Packages that draw bars of their own.
OTHER_BARS = {"alive_progress", "enlighten", "fastprogress", "ipywidgets", "progressbar", "rich"}
WIDGET = "application/vnd.jupyter.widget-view+json"
RANGE = {"start": "2026-01-01", "end": "2026-07-01"}


def imports(code):
    """Return each import as the module and the names taken from it."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, ()) for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            yield node.module or "", tuple(alias.name for alias in node.names)


def bars(code):
    taken = [(module, names) for module, names in imports(code)]
    return [own for own in taken if own[0].partition(".")[0] in {"tqdm", *OTHER_BARS}]


def test_every_bar_is_one_that_fits_a_terminal_and_a_notebook():
    drawn = {path: bars(path.read_text(encoding="utf-8")) for path in SOURCES}
    found = {path.relative_to(ROOT).as_posix() for path, own in drawn.items() if own}
    assert {"chatdash_analysis/progress.py", "chatdash_analysis/loading/progress.py"} <= found
    assert {bar for own in drawn.values() for bar in own} == {("tqdm.auto", ("tqdm",))}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_leave_bars_to_the_package(path):
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    plain = (line for cell in cells for line in cell.source.splitlines() if line[:1] not in "%!")
    assert bars("\n".join(plain)) == []


def test_other_bars_would_be_found():
    assert bars("from tqdm import tqdm\nimport tqdm.notebook, rich.progress as r\nimport os") == [
        ("tqdm", ("tqdm",)), ("tqdm.notebook", ()), ("rich.progress", ()),
    ]  # fmt: skip


class Kernel:
    """A kernel of Jupyter as notebooks have, and what it has said."""

    def __init__(self, folder, monkeypatch):
        monkeypatch.setenv("IPYTHONDIR", str(folder / "ipython"))
        monkeypatch.delenv("TQDM_DISABLE", raising=False)
        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel(cwd=str(ROOT))
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def begin(self, code):
        return self.client.execute(code)

    def end(self, running):
        """Return what a cell has said until it ended, as pairs of kind and content."""
        said = []
        while True:
            message = self.client.get_iopub_msg(timeout=60)
            if message["parent_header"].get("msg_id") != running:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                return said
            said.append((kind, content))

    def run(self, code):
        return self.end(self.begin(code))

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    with pytest.MonkeyPatch.context() as monkeypatch:
        kernel = Kernel(tmp_path_factory.mktemp("kernel"), monkeypatch)
        yield kernel
        kernel.close()


def texts(said, stream):
    return "".join(own["text"] for kind, own in said if kind == "stream" and own["name"] == stream)


def shown_bars(said):
    return [own for kind, own in said if kind == "display_data" and WIDGET in own["data"]]


def errors(said):
    return [own["ename"] for kind, own in said if kind == "error"]


def test_bars_show_in_a_kernel_and_write_no_lines(kernel):
    said = kernel.run(
        "from chatdash_analysis.progress import texts_bar\n"
        "with texts_bar(10, 'Reading questions', least=5) as bar:\n"
        "    bar.update(10)\n"
    )
    assert len(shown_bars(said)) == 1
    assert errors(said) == []
    assert texts(said, "stderr") == ""


@pytest.fixture(scope="module")
def stopped(kernel, tmp_path_factory):
    """A long load that was interrupted in a kernel, and begun again there."""
    cache = tmp_path_factory.mktemp("cache")
    with stand_in(600, behaviour=Behaviour(delay=0.15)) as service:
        client = cda.Client(service.api_key, base_url=service.url)
        agents = cda.load_agents(client=client)["agent_id"].head(3).tolist()
        kernel.run(
            "import chatdash_analysis as cda\n"
            f"client = cda.Client({service.api_key!r}, base_url={service.url!r})\n"
            f"how = dict(client=client, cache_dir={str(cache)!r}, **{RANGE!r})\n"
        )
        load = f"conversations = cda.load_conversations({agents!r}, **how)\nlen(conversations)"
        running = kernel.begin(load)
        wait_for(service, agents[2])
        kernel.manager.interrupt_kernel()
        since = time.monotonic()
        first = kernel.end(running)
        waited = time.monotonic() - since
        # What was under way is answered.
        time.sleep(0.5)
        service.behaviour = Behaviour()
        options = {"client": client, **RANGE}
        with pytest.raises(cda.IncompleteError) as caught:
            cda.load_conversations(agents, cache_dir=cache, refresh="never", **options)
        before = len(service.requests)
        second = kernel.run(load)
        again = service.requests[before:]
        before = len(service.requests)
        whole = cda.load_conversations(agents, cache_dir=cache / "other", **options)
        return {
            "first": first, "waited": waited, "gaps": caught.value.gaps, "second": second,
            "again": again, "whole": whole, "all": service.requests[before:],
        }  # fmt: skip


def wait_for(service, agent):
    """Wait until an agent is asked for: at most one stretch of those before is on its way."""
    until = time.monotonic() + 60
    while not any(agent in own.path for own in lists_of(service.requests)):
        assert time.monotonic() < until, "the load asked for too little"
        time.sleep(0.01)


def lists_of(requests):
    return [own for own in requests if own.path.endswith("/conversations")]


def test_an_interrupt_ends_a_load_at_once_and_plainly(stopped):
    assert errors(stopped["first"]) == ["KeyboardInterrupt"]
    assert stopped["waited"] < 2
    assert texts(stopped["first"], "stderr") == texts(stopped["first"], "stdout") == ""
    printed = next("\n".join(own["traceback"]) for kind, own in stopped["first"] if kind == "error")
    assert "During handling" not in printed
    assert "What was fetched is kept: load again, and only the rest is fetched." in printed


def test_a_load_shows_how_far_it_is(stopped):
    assert len(shown_bars(stopped["first"])) == 1
    assert len(shown_bars(stopped["second"])) == 1


def test_what_was_fetched_before_an_interrupt_is_not_fetched_again(stopped):
    lacking = {gap["agent_id"] for gap in stopped["gaps"]}
    asked, again = (agents_of(stopped[key]) for key in ("all", "again"))
    assert len(asked) == 3
    assert again == lacking
    assert 0 < len(lacking) < len(asked)
    assert only_lacking(stopped["again"], stopped["gaps"])
    assert len(lists_of(stopped["again"])) < len(lists_of(stopped["all"]))


def agents_of(requests):
    return {own.path.split("/")[2] for own in lists_of(requests)}


def test_the_load_after_an_interrupt_is_whole(stopped):
    assert errors(stopped["second"]) == []
    assert texts(stopped["second"], "stderr") == ""
    result = [
        own["data"]["text/plain"] for kind, own in stopped["second"] if kind == "execute_result"
    ]
    assert result == [str(len(stopped["whole"]))]
    assert len(stopped["whole"]) > 100


def printed_help(name):
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        help(getattr(cda, name))
    return said.getvalue()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_help_says_what_goes_in_and_comes_out_with_an_example(name):
    text = printed_help(name)
    assert f"{name}(" in text.splitlines()[2]
    examples = doctest.DocTestParser().get_examples(text)
    sources = [example.source for example in examples]
    assert any("import chatdash_analysis as cda" in own for own in sources)
    assert any(f"cda.{name}(" in own for own in sources)
    assert "tmp_path" not in text
    returns = inspect.signature(getattr(cda, name)).return_annotation
    assert returns == "None" or "\n    Returns\n    -------\n" in text


def test_the_example_of_retention_runs_as_it_is_printed():
    text = printed_help("retention_table")
    parsed = doctest.DocTestParser().get_doctest(text, {}, "help", "help", 0)
    said = []
    results = doctest.DocTestRunner().run(parsed, out=said.append)
    assert results.attempted >= 3
    assert (results.failed, said) == (0, [])
