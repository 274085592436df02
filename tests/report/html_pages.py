"""A page read by a parser of HTML: its elements, its texts, and whether each tag is closed."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

VOID = {"meta", "img", "br", "link", "input", "hr", "base", "source", "area", "col", "wbr"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str | None]
    parent: Element | None = None
    children: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        texts = [one if isinstance(one, str) else one.text for one in self.children]
        return " ".join("".join(texts).split())

    def all(self, tag: str | None = None, **attributes: str) -> list[Element]:
        """Return the elements inside, in the order of the page."""
        found = []
        for one in self.children:
            if isinstance(one, Element):
                fits = all(one.attributes.get(name) == value for name, value in attributes.items())
                found += [one] if one.tag == (tag or one.tag) and fits else []
                found += one.all(tag, **attributes)
        return found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.here = self.root = Element("", {})

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        assert len(dict(attrs)) == len(attrs)
        element = Element(tag, dict(attrs), self.here)
        self.here.children.append(element)
        if tag not in VOID:
            self.here = element

    def handle_endtag(self, tag: str) -> None:
        assert self.here.tag == tag, f"<{self.here.tag}> is closed by </{tag}>"
        assert self.here.parent is not None
        self.here = self.here.parent

    def handle_data(self, data: str) -> None:
        self.here.children.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


def read_page(text: str) -> Element:
    """Return the root of a page in which every tag is closed."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert reader.here is reader.root
    return reader.root


def section_of(page: Element, anchor: str) -> Element:
    (found,) = page.all("section", id=anchor)
    return found


def rows_of(table: Element) -> list[list[str]]:
    """Return headings and rows of a table as texts."""
    return [
        [cell.text for cell in row.all() if cell.tag in ("th", "td")] for row in table.all("tr")
    ]


def table_with(page: Element, caption: str) -> Element:
    """Return the one table whose caption holds these words."""
    (found,) = [table for table in page.all("table") if caption in table.all("caption")[0].text]
    return found
