"""What people and models said to each other. A turn is kept whole, with its answer, or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Count, Max, QuerySet

from access.caller import Caller
from catalog.errors import Clash, Invalid, NotFound
from catalog.models import AIModel
from catalog.resolution import Reason
from catalog.storable import storable
from gateway.dialects import OPENAI
from gateway.errors import BadRequest
from gateway.models import Conversation, Message, Outcome, Usage

TITLE = 80  # characters
INSTRUCTIONS = ("system", "developer")

Said = Mapping[str, Any]  # a message in OpenAI's form


def open_to(caller: Caller) -> QuerySet[Conversation]:
    """A person's own. Programs without a person have none."""
    if caller.user_id is None:
        return Conversation.objects.none()
    return Conversation.objects.filter(user=caller.user_id)


def counted(rows: QuerySet[Conversation]) -> QuerySet[Conversation]:
    return rows.annotate(message_count=Count("messages"))


def find(pk: UUID, caller: Caller) -> Conversation:
    """Raises NotFound, also for somebody else's."""
    row = open_to(caller).filter(pk=pk).first()
    if row is None:
        raise NotFound(f"There is no conversation {pk}.")
    return row


def delete(row: Conversation) -> None:
    row.delete()


def messages_of(row: Conversation) -> list[Said]:
    return list(row.messages.order_by("position").values_list("body", flat=True))


def join(kept: Sequence[Said], sent: Sequence[Said]) -> tuple[list[Said], list[Said]]:
    """All that the model is told, and what of it is new.

    Whoever sends an answer of the model sends the whole conversation: it passes as it is. Else what was said before
    stands before it; instructions that stand there already are not repeated.
    """
    answers = [index for index, message in enumerate(sent) if message.get("role") == "assistant"]
    if answers:
        return list(sent), list(sent[answers[-1] + 1 :] if kept else sent)
    new = [message for message in sent if message.get("role") not in INSTRUCTIONS or message not in kept]
    return [*kept, *new], new


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What was said, what was answered, and by which model."""

    conversation: UUID
    is_first: bool
    user_id: int
    asked: str  # the name that a new conversation keeps
    asked_row: int | None  # of the catalog
    said: Sequence[Said]
    answer: Said
    model: str  # provider/model_id
    model_row: int
    reason: str
    call_id: str


@transaction.atomic
def keep(turn: Turn) -> bool:
    """Add a turn to its conversation; False if that was deleted meanwhile. Turns that end at once come one by one."""
    rows = set(AIModel.objects.filter(pk__in=[turn.asked_row, turn.model_row]).values_list("pk", flat=True))
    if turn.is_first:
        row = Conversation.objects.create(
            pk=turn.conversation,
            user_id=turn.user_id,
            title=title_of(turn.said),
            model_name=turn.asked,
            model_id=turn.asked_row if turn.asked_row in rows else None,
        )
    else:
        locked = Conversation.objects.select_for_update().filter(pk=turn.conversation, user=turn.user_id).first()
        if locked is None:
            return False
        row = locked
    last = row.messages.aggregate(last=Max("position"))["last"]
    first = 0 if last is None else last + 1
    messages = [message(row, first + index, said) for index, said in enumerate((*turn.said, turn.answer))]
    answer = messages[-1]
    answer.model_id = turn.model_row if turn.model_row in rows else None
    answer.model_name, answer.reason, answer.call_id = turn.model, turn.reason, turn.call_id
    Message.objects.bulk_create(messages)
    row.save(update_fields=["updated_at"])
    return True


@transaction.atomic
def begin_with(call_id: str, said: Sequence[Said], answer: Said, by: Caller) -> UUID:
    """Begin a conversation with one of a person's own calls; what was said they hand back, for calls keep no words.

    Raises NotFound for a call that is not theirs or had no answer, Invalid for what is no conversation, and Clash for
    one that is kept already.
    """
    mine = Usage.objects.filter(user_id=by.user_id or -1, call_id=call_id, outcome=Outcome.OK)
    call = mine.first()
    if call is None or by.user_id is None:
        raise NotFound(
            f"There is no answered call {call_id[:32]} of yours. Calls are written a moment after the answer."
        )
    refuse_nonsense([*said, answer])
    if Message.objects.filter(call_id=call_id, conversation__user=by.user_id).exists():
        raise Clash("This answer is kept already.")
    turn = Turn(
        conversation=uuid4(),
        is_first=True,
        user_id=by.user_id,
        asked=call.requested,
        asked_row=call.model_row if call.reason == Reason.REQUESTED else None,
        said=said,
        answer=answer,
        model=call.model,
        model_row=call.model_row or 0,
        reason=call.reason,
        call_id=call_id,
    )
    keep(turn)
    return turn.conversation


def refuse_nonsense(messages: Sequence[Any]) -> None:
    """Raises Invalid for messages that no model could be sent, or that do not end with an answer."""
    try:
        OPENAI.parse({"model": "any", "messages": list(messages)})
    except BadRequest as error:
        raise Invalid({"messages": error.message}) from error
    if len(messages) < 2 or messages[-1].get("role") != "assistant":
        raise Invalid({"messages": "must be what was said, and at last the answer"})


def message(row: Conversation, position: int, said: Said) -> Message:
    return Message(conversation=row, position=position, role=said["role"], body=storable(dict(said)))


def title_of(said: Sequence[Said]) -> str:
    """The beginning of what the person said first."""
    for one in said:
        content = one.get("content")
        if one.get("role") == "user" and isinstance(content, str | list):
            texts = [content] if isinstance(content, str) else [part.get("text") or "" for part in content]
            words = " ".join(" ".join(texts).replace("\x00", "").split())
            if words:
                return words if len(words) <= TITLE else f"{words[: TITLE - 1]}…"
    return ""
