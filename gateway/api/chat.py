"""POST /api/chat, and the conversations it keeps."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse
from rest_framework import status
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.caller import caller_of
from catalog.api import naming
from catalog.api.orders import refuse_others
from catalog.api.pagination import PAGING, page_of
from catalog.api.schema import PAGES, SENDING, documented
from catalog.api.serializers import page_of as page_serializer
from gateway import conversations, handover
from gateway.api import rendering
from gateway.api.answering import Answering
from gateway.api.asking import order_of
from gateway.api.chat_shapes import ChatSerializer, ConversationSerializer, ReplySerializer, WholeConversationSerializer
from gateway.models import Conversation

EVENT_STREAM = "text/event-stream"


class EventsToo(DefaultContentNegotiation):
    """Who wants events gets them from the gateway; what this view says itself is JSON."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        only = list(renderers)[0]
        if EVENT_STREAM in request.headers.get("Accept", ""):
            return only, only.media_type or ""
        found: tuple[BaseRenderer, str] = super().select_renderer(request, [only], format_suffix)
        return found


class Chat(APIView):
    content_negotiation_class = EventsToo

    @documented(
        "chat",
        "Let a model answer; of people, the conversation is kept",
        {
            (200, "application/json"): ReplySerializer,
            (200, EVENT_STREAM): OpenApiResponse(
                OpenApiTypes.STR,
                description=(
                    "With `stream`: events whose data is JSON with a `type`: `start`, then `text`, `reasoning`, "
                    "`refusal`, `toolCall` and `toolArguments` as they come, at last `reply` (the whole answer, as "
                    "without `stream`) or `error`."
                ),
            ),
        },
        request=ChatSerializer,
        refusals=(*SENDING, 402, 404, 409, 410, 502, 504),
    )
    def post(self, request: Request) -> Response:
        order = order_of(naming.body(request.data), caller_of(request))
        handover.of_request(request).work = Answering(order)
        return Response(status=handover.ACCEPTED)


class Conversations(APIView):
    @documented(
        "conversations_list",
        "One's own conversations, the newest first",
        {200: page_serializer("conversations", ConversationSerializer)},
        refusals=(400, 401, 403, 404),
        parameters=PAGES,
    )
    def get(self, request: Request) -> Response:
        query = naming.query(request.query_params)
        refuse_others(query, PAGING)
        found = conversations.open_to(caller_of(request)).order_by("-updated_at", "id")
        page = page_of(found, conversations.counted(Conversation.objects.all()), query)
        return Response(page.json(request, "conversations", [rendering.conversation_json(row) for row in page.rows]))


class OneConversation(APIView):
    @documented(
        "conversations_read",
        "A conversation with its messages",
        {200: WholeConversationSerializer},
        refusals=(401, 403, 404),
    )
    def get(self, request: Request, conversation: UUID) -> Response:
        row = conversations.find(conversation, caller_of(request))
        return Response(rendering.whole_conversation_json(row))

    @documented("conversations_delete", "Delete a conversation", {204: None}, refusals=(401, 403, 404))
    def delete(self, request: Request, conversation: UUID) -> Response:
        conversations.delete(conversations.find(conversation, caller_of(request)))
        return Response(status=status.HTTP_204_NO_CONTENT)
