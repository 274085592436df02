"""What these pages need beyond Sphinx and its extensions."""

from __future__ import annotations

import re
import tempfile
from inspect import getdoc, isclass
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

import chatdash_analysis as cda

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

NAME = re.compile(r"(?:cda\.|chatdash_analysis\.)?(\w+)((?:\.\w+)*)(?:\(.*\))?", re.DOTALL)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the transforms."""
    app.add_transform(LinkNames)
    app.add_transform(LinkErrors)
    app.add_transform(DescribePictures)
    app.add_transform(HideFolders)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def copy_notebooks(source: Path, target: Path) -> None:
    """Bring the committed notebooks among the pages, and take away what is no longer there."""
    target.mkdir(exist_ok=True)
    committed = {path.name: path.read_text() for path in source.glob("*.ipynb")}
    for path in target.glob("*.ipynb"):
        if path.name not in committed:
            path.unlink()
    for name, text in committed.items():
        copy = target / name
        if not copy.exists() or copy.read_text() != text:
            copy.write_text(text)


def forget_stubs(folder: Path) -> None:
    """Remove generated pages of names that the reference no longer lists."""
    pages = "\n".join(page.read_text() for page in folder.glob("*.md"))
    listed = set(re.findall(r"^   (\w+)$", pages, re.MULTILINE))
    for stub in folder.glob("generated/*.rst"):
        if stub.stem.removeprefix("chatdash_analysis.") not in listed:
            stub.unlink()


class LinkNames(SphinxTransform):
    """Make a link of each public name that stands as code in a text."""

    default_priority = 500

    def apply(self) -> None:
        """Change the page."""
        for literal in list(self.document.findall(nodes.literal)):
            if target := self._target(literal):
                link = addnodes.pending_xref(
                    "", refdomain="py", reftype="obj", reftarget=target, refdoc=self.env.docname
                )
                literal.replace_self(link)
                link += literal

    def _target(self, literal: nodes.literal) -> str | None:
        if _inside(literal, (nodes.reference, addnodes.pending_xref, nodes.title)):
            return None
        match = NAME.fullmatch(literal.astext())
        if not match or match[1] not in cda.__all__ or self.env.docname.endswith(f".{match[1]}"):
            return None
        return f"chatdash_analysis.{match[1]}{match[2]}"


def _inside(node: nodes.Node, kinds: tuple[type[nodes.Node], ...]) -> bool:
    while node := node.parent:
        if isinstance(node, kinds):
            return True
    return False


class LinkErrors(SphinxTransform):
    """Link each error in the list of what a function raises to the page that says what to do."""

    default_priority = 500

    def apply(self) -> None:
        """Change the page."""
        for term in self.document.findall(nodes.term):
            names = term.astext().split(", ")
            if all(map(_is_error, names)):
                term.children = []
                term.extend(self._linked(names))

    def _linked(self, names: list[str]) -> Iterator[nodes.Node]:
        for position, name in enumerate(names):
            if position:
                yield nodes.Text(", ")
            yield _link_to_page(name, self.env.docname)


def _is_error(name: str) -> bool:
    thing = getattr(cda, name, None) if name in cda.__all__ else None
    return isclass(thing) and issubclass(thing, Exception)


def _link_to_page(name: str, docname: str) -> addnodes.pending_xref:
    return addnodes.pending_xref(
        "",
        nodes.inline("", name),
        refdomain="std",
        reftype="doc",
        reftarget=f"/errors/{name}",
        refexplicit=True,
        refdoc=docname,
    )


class DescribePictures(SphinxTransform):
    """Say of each picture that a cell draws, and that has no text, what it is about and shows."""

    default_priority = 500

    def apply(self) -> None:
        """Change the page."""
        for cell in self.document.findall(nodes.container):
            if cell.get("nb_element") == "cell_code":
                for image in cell.findall(nodes.image):
                    image.setdefault("alt", f"“{_heading_of(cell)}”: {_shown_by(cell)}")


def _heading_of(node: nodes.Node) -> str:
    while not isinstance(node, nodes.section):
        node = node.parent
    title: str = node[0].astext()
    return title


def _shown_by(cell: nodes.container) -> str:
    code = "\n".join(block.astext() for block in cell.findall(nodes.literal_block))
    calls = re.findall(r"cda\.(plot_\w+)\(\s*(?:cda\.)?(\w*)", code)
    if not calls:
        return "a chart, which the text beside it explains."
    name, frame = calls[-1]
    summary = (getdoc(getattr(cda, name)) or "").split("\n\n")[0].replace("\n", " ")
    drawn = summary.removeprefix("Draw ").rstrip(".")
    return f"{drawn}, drawn from {frame}."


class HideFolders(SphinxTransform):
    """Leave out of printed texts where a page was run: a reader's folders are others."""

    default_priority = 500

    def apply(self) -> None:
        """Change the page."""
        temporary = re.escape(str(Path(tempfile.gettempdir(), tempfile.gettempprefix()))) + r"\w+"
        # The cache has a folder for each service, named by its address.
        place = re.compile(rf"{temporary}|127\.0\.0\.1-\d+-\w+")
        for cell in self.document.findall(nodes.container):
            if cell.get("nb_element") == "cell_code_output":
                for block in cell.findall(nodes.literal_block):
                    block.rawsource = place.sub("...", block.astext())
                    block.children = [nodes.Text(block.rawsource)]
