"""What the papers tell people to type, read as a shell would."""

from __future__ import annotations

import re
import shlex
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

QUOTED_OR_NAME = re.compile(r"'[^']*'|\$\{?(\w+)\}?")
ASSIGNMENT = re.compile(r"(?:export )?(\w+)=\$\((.*)\)(?:\s+#.*)?", re.DOTALL)
NAMED = re.compile(r"\w+=.*", re.DOTALL)


@dataclass(frozen=True)
class Line:
    """One command with all its words, or several with pipes between them, and what the last one's output goes into."""

    commands: tuple[tuple[str, ...], ...]
    variable: str = ""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What curl would send."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: str | None
    shows_head: bool


def lines(text: str, variables: Mapping[str, str]) -> Iterator[Line]:
    """The command lines of a block. They are read as they are run: what one sets, the next may use."""
    for raw in whole(text):
        assigned = ASSIGNMENT.fullmatch(raw)
        yield line(assigned[2], variables, assigned[1]) if assigned else line(raw, variables)


def whole(text: str) -> Iterator[str]:
    """Lines, joined where a backslash or an open quote says that they go on."""
    begun = ""
    for part in text.splitlines():
        begun += part
        if begun.endswith("\\"):
            begun = begun[:-1]
            continue
        try:
            words = shlex.split(begun, comments=True)
        except ValueError:  # a quote is open
            begun += "\n"
            continue
        if words:
            yield begun.strip()
        begun = ""
    assert not begun, f"this does not end: {begun}"


def line(raw: str, variables: Mapping[str, str], variable: str = "") -> Line:
    words = shlex.split(expanded(raw, variables), comments=True)
    commands: list[list[str]] = [[]]
    for word in words:
        if word in ("|", "&&"):
            commands.append([])
        else:
            commands[-1].append(word)
    return Line(tuple(tuple(without_names(command)) for command in commands), variable)


def without_names(words: list[str]) -> list[str]:
    """A command without the variables that are set for it alone; without a command they are the words themselves."""
    command = list(words)
    while len(command) > 1 and NAMED.fullmatch(command[0]):
        command.pop(0)
    return command


def expanded(raw: str, variables: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0]
        assert found[1] in variables, f"${found[1]} is not set before it is used"
        return variables[found[1]]

    return QUOTED_OR_NAME.sub(value, raw)


CURL = ArgumentParser(prog="curl", exit_on_error=False)
CURL.add_argument("url")
CURL.add_argument("-X", dest="method", default="")
CURL.add_argument("-H", dest="headers", action="append", default=[])
CURL.add_argument("-d", dest="data", action="append", default=[])
CURL.add_argument("-o", dest="output")
for flag in "-s", "-N", "-f":
    CURL.add_argument(flag, action="store_true")
CURL.add_argument("-i", dest="shows_head", action="store_true")


def request(words: tuple[str, ...]) -> Request:
    """What `curl ...` sends."""
    asked = CURL.parse_args(list(words[1:]))
    body = "&".join(asked.data) if asked.data else None
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}
    headers |= {
        name.strip().title(): value.strip() for name, _, value in (text.partition(":") for text in asked.headers)
    }
    method = asked.method or ("GET" if body is None else "POST")
    return Request(method=method, url=asked.url, headers=headers, body=body, shows_head=asked.shows_head)
