"""Tool calls as they arrive: by index or without, whole or in fragments, with an id or none, named late."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gateway.framing import is_object
from gateway.wires.base import Delta, ToolCallBegin, ToolCallDelta
from gateway.wires.toolcalls import made_id, written

from .thoughts import ORIGIN, signature_in

NO_ARGUMENTS = "{}"
NOTHING = "null"  # how some write that


@dataclass(slots=True)
class Begun:
    call: ToolCallBegin
    told: bool = False  # a name may grow until there are arguments
    arguments: list[str] = field(default_factory=list)

    def is_whole(self) -> bool:
        return is_object("".join(self.arguments))


class Calls:
    """Which call a fragment belongs to."""

    def __init__(self) -> None:
        self.answer = ""  # the id of the answer, which makes ids for calls without one
        self.begun: list[Begun] = []
        self.by_index: dict[int, Begun] = {}  # the provider's index, not ours

    def read(self, entries: list[dict[str, Any]], whole: bool) -> list[Delta]:
        deltas: list[Delta] = []
        for entry in entries:
            function = entry.get("function") or entry.get("custom") or entry
            name, arguments = function.get("name") or "", written(function.get("arguments", function.get("input")))
            if not name and not arguments and (whole or not entry.get("id")):
                continue  # the place where a call would stand
            begun = None if whole else self.known(entry, name, arguments)
            if begun is None:
                deltas += self.tell()
                begun = self.begin(entry, name)
            elif name != begun.call.name and not begun.told:
                begun.call.name += name
            if arguments and (begun.arguments or arguments.strip() != NOTHING):
                deltas += self.tell()
                begun.arguments.append(arguments)
                deltas.append(ToolCallDelta(index=begun.call.index, arguments=arguments))
        return deltas

    def known(self, entry: dict[str, Any], name: str, arguments: str) -> Begun | None:
        """The call a fragment continues. One with a name and another id begins a call, whatever its index says:
        Gemini gives 0 to all of them, at times without ids, and Mistral the id "null", so what comes after a whole call
        is another. One with another id, but no name does not: vLLM has made up an id for each."""
        given, index = entry.get("id"), entry.get("index")
        last = self.begun[-1] if self.begun else None
        if index is not None:
            at = self.by_index.get(index)
        else:
            at = next((begun for begun in self.begun if begun.call.id == given), None) if given else last
        if not name:
            return at or (None if given and index is not None else last)
        if at is None or (given and given != at.call.id) or (arguments.strip() and at.is_whole()):
            return None
        if index is None and not given:
            return at if at.call.name == name and at.arguments and not at.is_whole() else None
        return at

    def begin(self, entry: dict[str, Any], name: str) -> Begun:
        position, given = len(self.begun), entry.get("id")
        if not given or any(begun.call.id == given for begun in self.begun):
            given = made_id(self.answer, position)
        signature = signature_in(entry) if "extra_content" in entry else ""
        call = ToolCallBegin(
            index=position,
            id=given,
            name=name,
            signature=signature,
            origin=ORIGIN if signature else "",
        )
        begun = Begun(call)
        self.begun.append(begun)
        self.by_index[entry.get("index", position)] = begun
        return begun

    def tell(self) -> list[Delta]:
        """The calls that nobody was told of yet."""
        new = [begun for begun in self.begun if not begun.told]
        for begun in new:
            begun.told = True
        return [begun.call for begun in new]

    def close(self) -> list[Delta]:
        """Calls without arguments get an empty object: what they are for must be JSON."""
        bare = [begun for begun in self.begun if not begun.arguments]
        for begun in bare:
            begun.arguments.append(NO_ARGUMENTS)
        return self.tell() + [ToolCallDelta(index=begun.call.index, arguments=NO_ARGUMENTS) for begun in bare]
