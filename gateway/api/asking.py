"""What a body of POST /api/chat asks for."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from access.caller import Caller
from access.limits import Limit
from catalog.api.naming import Sent, camel, snake
from catalog.api.orders import refuse_others
from catalog.preferences import chosen_model_of
from catalog.resolution import Reason
from gateway import conversations
from gateway.call import Wanted
from gateway.conversations import Said
from gateway.dialects import OPENAI
from gateway.errors import BadRequest
from gateway.limits import limits_of_caller
from gateway.local import ANY_MODEL

# Beside these, what a model is told: fields of Chat Completions in camelCase.
OPTIONS = (
    "frequencyPenalty",
    "maxTokens",
    "parallelToolCalls",
    "presencePenalty",
    "reasoningEffort",
    "responseFormat",
    "seed",
    "stop",
    "temperature",
    "toolChoice",
    "tools",
    "topP",
)
KNOWN = ("messages", "modelId", "conversationId", "stream", *OPTIONS)
LONGEST_NAME = 320


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One turn as it is to be answered."""

    caller: Caller
    limits: tuple[Limit, ...]
    wanted: tuple[Wanted, ...]
    body: Mapping[str, Any]  # in OpenAI's dialect
    new: Sequence[Said]  # what of its messages is to be kept
    conversation: uuid.UUID | None  # None: nothing is kept
    is_first: bool

    @property
    def streamed(self) -> bool:
        return bool(self.body.get("stream"))


def order_of(sent: Sent, caller: Caller) -> Order:
    """Raises Invalid naming each field that is wrong, and NotFound for a conversation that is not the caller's."""
    refuse_others(sent, KNOWN)
    name = model_named(sent)
    pk = conversation_named(sent)
    body = body_of(sent)
    sent.raise_if_wrong()
    row = conversations.find(pk, caller) if pk is not None else None
    kept = conversations.messages_of(row) if row is not None else []
    messages, new = conversations.join(kept, body["messages"])
    wanted = (name,) if name is not None else ()
    if name is None and row is not None:
        wanted = (Wanted(row.model_name, row.model_id, Reason.PREFERENCE),)
    if name is None and (own := chosen_model_of(caller)) is not None:
        wanted = (*wanted, Wanted(str(own), own.pk, Reason.PREFERENCE))
    return Order(
        caller=caller,
        limits=limits_of_caller(caller),
        wanted=wanted,
        body={**body, "messages": messages},
        new=new,
        conversation=None if caller.user_id is None else pk or uuid.uuid4(),
        is_first=pk is None,
    )


def model_named(sent: Sent) -> Wanted | None:
    value = sent.fields.get("modelId")
    if isinstance(value, str) and 0 < len(value) <= LONGEST_NAME and value.isprintable():
        return Wanted(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return Wanted(str(value), value)
    if value is not None:
        sent.refuse("modelId", "must be a route, provider/model_id, a model id, or the id of a row as a number")
    return None


def conversation_named(sent: Sent) -> uuid.UUID | None:
    value = sent.fields.get("conversationId")
    if value is None:
        return None
    try:
        return uuid.UUID(value)
    except (ValueError, TypeError, AttributeError):
        sent.refuse("conversationId", "must be the id of a conversation")
        return None


def body_of(sent: Sent) -> dict[str, Any]:
    """The call in OpenAI's dialect. Notes in `sent` what is wrong, by the names that were sent."""
    said = {snake(name): sent.fields[name] for name in OPTIONS if sent.fields.get(name) is not None}
    body = {"model": ANY_MODEL, "messages": sent.fields.get("messages"), **said}
    if sent.fields.get("stream") is not None:
        body["stream"] = sent.fields["stream"]
    try:
        OPENAI.parse(body)
    except BadRequest as error:
        field, rest = re.fullmatch(r"([^.\[]*)(.*)", error.param or "messages").groups()  # type: ignore[union-attr]
        path = f"{sent.name(camel(field))}{rest}"
        sent.wrong.setdefault(path, error.message.removeprefix(f"{error.param} ").rstrip("."))
    return body
