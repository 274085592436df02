"""The documentation: it builds without a warning, and what it shows, links and names is there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest

import chatdash_analysis as cda
from chatdash_analysis.sandbox import stand_in
from tests.documentation import DOCS, MADE, Site, build_once

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCES = sorted(
    path for path in DOCS.rglob("*.md") if not set(MADE) & set(path.relative_to(DOCS).parts)
)
HOSTS = {"chat-dash.com", "narwhals-dev.github.io", "semver.org"}
MACHINE = re.compile(r"(?<![\w.])/(?:tmp|var|work|farm|root|home|Users)/[\w.]|ipykernel_\d")
KEY = re.compile(r"CD\.[0-9a-f]{4}|ApiKey\(")
# A fence, and what it says of its block.
FENCE = re.compile(r"^```+(.*?)\n(.*?)^```+$", re.MULTILINE | re.DOTALL)
SHELL = ("sh", "console")
# Lines of shell blocks that no test runs, with the reason.
NOT_RUN = {
    r"python3 -m venv \.venv": "the environment is here already",
    r"(\.venv/bin/)?pip install .*": "needs a connection; CI installs by the same command",
    r"\.venv/bin/jupyter lab.*|make lab": "opens a browser and does not end",
    r"make (demo|docs|test|gallery)": "sets up an environment; CI runs it",
    r"export CHATDASH_API_KEY=\.\.\..*": "stands for a key; the test has one",
    r"source \.venv/bin/activate": "the test has its commands at hand",
    r"#.*|": "a comment",
}


class Page(HTMLParser):
    """What the tests ask of one page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.pictures: list[tuple[str, str]] = []
        self.headings = 0
        self.words: list[str] = []
        self._hidden = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.ids |= {values[name] for name in ("id", "name") if name in values}
        self.headings += tag == "h1"
        self._hidden = tag in {"script", "style"}
        if tag == "a":
            self.links += [values["href"]] if "href" in values else []
        else:
            names = {"link": ("href",), "object": ("data",)}.get(tag, ("src", "srcset", "poster"))
            self.loaded += [values[name] for name in names if name in values]
        if tag == "img":
            self.pictures.append((values["src"], values.get("alt", "")))

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return build_once(tmp_path_factory)


@pytest.fixture(scope="module")
def pages(site: Site) -> dict[Path, Page]:
    files = sorted(set(site.folder.rglob("*.html")) - set(site.folder.glob("_static/**/*")))
    return {path: Page(path.read_text()) for path in files}


def test_it_builds_without_a_warning_and_every_cell_runs(site):
    assert (site.status, site.warnings) == (0, ""), site.output


def test_every_source_has_a_page_with_one_title(site, pages):
    expected = {path.relative_to(DOCS).with_suffix(".html") for path in SOURCES}
    assert expected <= {path.relative_to(site.folder) for path in pages}
    assert {str(path): page.headings for path, page in pages.items() if page.headings != 1} == {}


def test_every_link_leads_to_a_page_and_a_place_that_are_there(pages):
    broken = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            known = pages[target].ids if target in pages else set()
            if not target.is_file() or (parts.fragment and unquote(parts.fragment) not in known):
                broken.append(f"{path.name}: {link}")
    assert broken == []


def test_every_link_to_elsewhere_is_https_on_a_host_that_is_known(pages):
    elsewhere = {link for page in pages.values() for link in page.links if urlsplit(link).scheme}
    parts = [urlsplit(link) for link in elsewhere]
    assert [p.geturl() for p in parts if p.scheme != "https" or p.hostname not in HOSTS] == []


def test_nothing_is_loaded_from_another_host(site, pages):
    loaded = {url for page in pages.values() for url in page.loaded}
    assert len(loaded) > 10
    assert [url for url in loaded if urlsplit(url).netloc or urlsplit(url).scheme == "http"] == []
    sheets = list(site.folder.rglob("*.css"))
    assert sheets
    named = [
        url
        for sheet in sheets
        for url in re.findall(r"(?:url\(|@import)\s*[\"']?([^\"')\s]+)", sheet.read_text())
    ]
    assert [url for url in named if re.match(r"(?:https?:)?//", url)] == []


def test_every_picture_says_what_it_shows(pages):
    pictures = [(path.name, *shown) for path, page in pages.items() for shown in page.pictures]
    assert len(pictures) > 15
    code = re.compile(r"cda\.|[(\[=]\w")
    assert [shown for shown in pictures if len(shown[2]) < 40 or code.search(shown[2])] == []
    # Each picture of a page is told from the others.
    alone = {(name, alt) for name, _, alt in pictures}
    assert len(alone) == len(pictures)


def test_every_public_name_is_in_the_reference_once_and_listed(site, pages):
    there = [
        name
        for path in site.folder.glob("api/**/*.html")
        for name in cda.__all__
        if f"chatdash_analysis.{name}" in pages[path].ids
    ]
    assert sorted(there) == cda.__all__
    listed = {urlsplit(link).fragment for link in _links_of(site, pages, "api/*.html")}
    assert {f"chatdash_analysis.{name}" for name in cda.__all__} <= listed


def test_every_error_and_warning_has_a_page_that_says_what_to_do(site, pages):
    raised = {
        name
        for name in cda.__all__
        if isinstance(thing := getattr(cda, name), type) and issubclass(thing, Exception)
    }
    assert {path.stem for path in (DOCS / "errors").glob("*.md")} == {*raised, "index"}
    linked = {Path(link).name for link in _links_of(site, pages, "errors/index.html")}
    assert {f"{name}.html" for name in raised} <= linked
    # Each message on such a page was printed by a cell that raised it.
    for name in raised:
        text = (DOCS / f"errors/{name}.md").read_text()
        assert "print(error)" in text or "print(caught[0].message)" in text
        assert "What to do" in text or text.count("\n## ") >= 2


def _links_of(site: Site, pages: dict[Path, Page], pattern: str) -> Iterator[str]:
    return (link for path in site.folder.glob(pattern) for link in pages[path].links)


def test_no_page_names_a_machine_a_key_or_a_person(pages):
    people = _personal()
    found = []
    for path, page in pages.items():
        text = page.text
        found += [(path.name, match) for match in MACHINE.findall(text) + KEY.findall(text)]
        found += [(path.name, word) for word in people & set(re.findall(r"[\w.+@-]+", text))]
    assert found == []


@cache
def _personal() -> frozenset[str]:
    columns = ["phone", "phone_secondary", "ip_address", "lead_id", "instagram_username"]
    values = cda.load_sample(6_000)[columns].stack().dropna().astype(str)
    assert len(values) > 6_000
    return frozenset(value for value in values if len(value) > 5)


def test_from_key_to_chart_are_ten_lines():
    text = (DOCS / "start.md").read_text()
    section = text.partition("## Ten lines from key to chart")[2].partition("**No key yet?**")[0]
    shown = [body for kind, body in FENCE.findall(section) if "remove-cell" not in body]
    lines = [line for body in shown for line in body.splitlines() if line.strip()]
    assert lines[0].startswith("export CHATDASH_API_KEY=")
    assert lines[-1].startswith("cda.plot_")
    assert len(lines) <= 10


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(DOCS)))
def test_every_block_is_run_or_says_that_it_is_output(path):
    text = path.read_text()
    kinds = [kind for kind, _ in FENCE.findall(text)]
    allowed = re.compile(r"sh|console|text|\{code-cell\} python|\{(?!code-cell)[\w-]+\}.*")
    assert [kind for kind in kinds if not allowed.fullmatch(kind)] == []
    # Without this head cells are shown and not run.
    cells = any(kind.startswith("{code-cell}") for kind in kinds)
    assert text.startswith("---\nfile_format: mystnb\n") == cells


def _commands(path: Path) -> list[str]:
    blocks = [body for kind, body in FENCE.findall(path.read_text()) if kind in SHELL]
    joined = [body.replace("\\\n", " ") for body in blocks]
    lines = [line.removeprefix("$ ") for body in joined for line in body.splitlines()]
    left_out = re.compile("|".join(f"(?:{pattern})" for pattern in NOT_RUN))
    return [line for line in lines if not left_out.fullmatch(line.strip())]


COMMANDS = {path: commands for path in SOURCES if (commands := _commands(path))}


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: str(path.relative_to(DOCS)))
def test_shell_commands_run(path, tmp_path):
    with stand_in(400) as service:
        settings = {
            "CHATDASH_BASE_URL": service.url,
            "CHATDASH_API_KEY": service.api_key,
            "CHATDASH_CACHE_DIR": str(tmp_path / "cache"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "\n".join(COMMANDS[path])],
            cwd=tmp_path, env=os.environ | settings, capture_output=True, text=True,
            check=False, timeout=120,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
