"""THE door for Python: call models from commands, views, tasks and scripts, by the same rules as through `/v1`.

`chat` answers, `stream` answers piece by piece, `speech` speaks. All wait for the answer, so none may be called on the
event loop that serves (Misplaced). What goes wrong is a gateway.errors.GatewayError. docs/python.md shows how.
"""

from __future__ import annotations

from gateway.process import Misplaced

from .answers import Answer, Spoken
from .asking import Model, Who
from .chats import ROUNDS, Messages, ToolHandler, TooManyRounds, chat
from .speeches import speech
from .streams import Stream, stream

__all__ = [
    "ROUNDS",
    "Answer",
    "Messages",
    "Misplaced",
    "Model",
    "Spoken",
    "Stream",
    "TooManyRounds",
    "ToolHandler",
    "Who",
    "chat",
    "speech",
    "stream",
]
