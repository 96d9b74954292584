"""The papers of the project as they are read: blocks of code, headings and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Block:
    """A block of code and the line it begins at."""

    page: str
    line: int
    language: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class Page:
    path: Path

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def text(self) -> str:
        return self.path.read_text("utf-8")

    @property
    def prose(self) -> str:
        """All but the blocks of code."""
        return FENCE.sub("", self.text)

    def blocks(self, *languages: str) -> Iterator[Block]:
        for found in FENCE.finditer(self.text):
            line = self.text.count("\n", 0, found.start()) + 2
            block = Block(page=self.name, line=line, language=found[1], text=found[2])
            if not languages or block.language in languages:
                yield block

    def headings(self) -> list[str]:
        return [found[2] for found in HEADING.finditer(self.prose)]

    def anchors(self) -> set[str]:
        """What can stand behind a # in a link to this page, as GitHub makes it of headings."""
        return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in self.headings()}

    def links(self) -> list[str]:
        return LINK.findall(self.prose)

    def table(self, head: str) -> list[list[str]]:
        """The cells of the table whose first line begins so, without that line."""
        _, found, rest = self.text.partition(f"\n| {head} |")
        assert found, f"{self.name} has no table | {head} |"
        lines = rest.partition("\n\n")[0].splitlines()[2:]
        return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def pages() -> list[Page]:
    return [Page(ROOT / "README.md"), *map(Page, sorted((ROOT / "docs").glob("*.md")))]


def page(name: str) -> Page:
    return Page(ROOT / name)
