"""A reader who types what a paper says, line by line, at a registry as `make demo` serves it."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
from django.core.management import BaseCommand, call_command, load_command_class

from access.snapshot import KEYS
from gateway.models import Usage
from tests.conftest import ROOT
from tests.docs import shell, shown
from tests.docs.pages import Block, Page
from tests.docs.shell import Line
from tests.gateway.conftest import Served, eventually

HOME = "http://127.0.0.1:8000"  # where the papers think the registry is
CALLED = re.compile(r"/v1/(chat/completions|messages|embeddings|images|audio/speech)|/api/chat")
BILLED = '"bill": true'  # in a test of a connection: that is a call too
NOT_RUN = {"serve", "migrate", "createsuperuser", "check"}  # as they stand, or as a process of its own
# Programs that are no part of the product, and what is done to a machine with them.
OF_THE_MACHINE = {"cd", "cp", "crontab", "cut", "git", "grep", "pg_dump", "pg_restore", "sqlite3", "systemctl", "tail"}
LANGUAGES = ("sh", "json", "text", "python")


@dataclass(kw_only=True)
class Answer:
    """What a command printed, or a server sent. A paper that shows an error expects one."""

    text: str = ""
    status: int = 200
    place: str = ""
    expected: bool = True


@dataclass(kw_only=True)
class Session:
    served: Served
    variables: dict[str, str]
    seen: dict[str, str] = field(default_factory=dict)  # ids as a paper shows them -> as they were
    names: dict[str, Any] = field(default_factory=dict)  # of Python
    answer: Answer = field(default_factory=Answer)
    calls: int = 0

    def follow(self, page: Page) -> Iterator[str]:
        """Do what a page says; what it says wrongly."""
        for block in page.blocks(*LANGUAGES):
            try:
                yield from (f"{block.place}: {problem}" for problem in self.do(block))
            except Exception as error:
                error.add_note(f"at {block.place}")
                raise
        yield from self.unexpected()

    def do(self, block: Block) -> Iterator[str]:
        match block.language:
            case "sh":
                for line in shell.lines(block.text, self.variables):
                    yield from self.unexpected()
                    self.answer = Answer()
                    yield from self.run(line)
            case "json":
                came, wanted = json.loads(self.answer.text), shown.read(block.text)
                self.seen.update(shown.ids(wanted, came))
                yield from shown.differences(wanted, came)
                self.answer.expected = (self.answer.status >= 400) == ("error" in wanted)
                yield from self.unexpected()
            case "text":
                yield from shown.unlike(block.text, self.answer.text)
            case "python" if block.page != "docs/python.md":  # tests.gateway.test_scripts runs that one
                with contextlib.redirect_stdout(io.StringIO()) as said:
                    exec(compile(self.here(block.text), block.place, "exec"), self.names)
                self.answer = Answer(text=said.getvalue())

    def unexpected(self) -> Iterator[str]:
        """An error that no paper has shown."""
        if not self.answer.expected:
            yield f"{self.answer.place} is answered {self.answer.status}: {self.answer.text:.200}"
            self.answer.expected = True

    # lines

    def run(self, line: Line) -> Iterator[str]:
        """Run a line as far as the product is asked for anything; what is wrong with it."""
        for words in line.commands:
            program = words[0].rpartition("/")[2]
            if program == "export" or "=" in program:
                self.remember(words[-1])
            elif words[1:2] == ("manage.py",) or program == "manage.py":
                self.manage(words[words.index("manage.py") + 1 :] if program != "manage.py" else words[1:])
            elif program in PROGRAMS:
                yield from PROGRAMS[program](self, words)
            elif program not in OF_THE_MACHINE:
                yield f"nobody knows {words[0]}"
        if line.variable and line.variable not in self.variables:
            self.variables[line.variable] = self.answer.text.strip().splitlines()[-1]

    def remember(self, assignment: str) -> None:
        """What a paper sets to an id that it has shown is set to the one that came instead."""
        name, _, value = assignment.partition("=")
        if shown.MORE not in value:  # else it says: put yours here
            self.variables[name] = self.seen.get(value, value)

    def manage(self, words: tuple[str, ...]) -> None:
        """Run a command of ours, or only read its arguments where it would not end."""
        name, *arguments = words
        if name in NOT_RUN:
            command: BaseCommand = load_command_class(app_of(name), name)
            command.create_parser("manage.py", name).parse_args(arguments)
            return
        written = io.StringIO()
        call_command(name, *arguments, stdout=written, stderr=io.StringIO())
        KEYS.refresh()
        self.answer = Answer(text=written.getvalue())

    def curl(self, words: tuple[str, ...]) -> Iterator[str]:
        asked = shell.request(words)
        path = asked.url.removeprefix(HOME)
        if path == asked.url:
            yield f"{asked.url} is not at {HOME}"
            return
        if CALLED.match(path):
            self.served.refresh()
        else:
            eventually(lambda: Usage.objects.count() >= self.calls)
        with httpx2.Client(base_url=self.served.url, timeout=60, trust_env=False) as client:
            came = client.request(asked.method, path, headers=asked.headers, content=asked.body)
        self.calls += bool(CALLED.match(path)) and asked.method == "POST" or BILLED in (asked.body or "")
        head = "".join(f"{name}: {value}\n" for name, value in came.headers.items()) if asked.shows_head else ""
        is_good = came.status_code < 400
        self.answer = Answer(text=head + came.text, status=came.status_code, place=path, expected=is_good)

    def here(self, code: str) -> str:
        return code.replace(HOME, self.served.url)


def app_of(name: str) -> str:
    from django.core.management import get_commands

    return str(get_commands()[name])


# Programs whose arguments are looked at


def make(session: Session, words: tuple[str, ...]) -> Iterator[str]:
    rules = (ROOT / "Makefile").read_text("utf-8")
    for word in words[1:]:
        if "=" not in word and not re.search(rf"^{word}:", rules, re.MULTILINE):
            yield f"make {word}: there is no such target"


def pip(session: Session, words: tuple[str, ...]) -> Iterator[str]:
    for option, name in zip(words, words[1:], strict=False):
        if option == "-r" and not (ROOT / name).is_file():
            yield f"there is no {name}"


def python(session: Session, words: tuple[str, ...]) -> Iterator[str]:
    if words[1:2] == ("-m",) and importlib.util.find_spec(words[2]) is None:
        yield f"there is no module {words[2]}"


def uvicorn(session: Session, words: tuple[str, ...]) -> Iterator[str]:
    from uvicorn.main import main

    main.make_context("uvicorn", list(words[1:]))
    yield from ()


def celery(session: Session, words: tuple[str, ...]) -> Iterator[str]:
    from celery.bin.celery import celery as main

    application, name, *rest = words[2:]
    main.commands[name].make_parser(main.make_context("celery", ["-A", application]))
    yield from ()


PROGRAMS: dict[str, Callable[[Session, tuple[str, ...]], Iterator[str]]] = {
    "curl": Session.curl,
    "make": make,
    "pip": pip,
    "python": python,
    "python3": python,
    "uvicorn": uvicorn,
    "celery": celery,
}
