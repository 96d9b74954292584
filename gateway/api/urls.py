from __future__ import annotations

from django.urls import path

from gateway.api.calls import Calls
from gateway.api.chat import Chat, Conversations, OneConversation
from gateway.api.connection import TestConnection
from gateway.api.experiments import Experiments, OneExperiment, Ratings
from gateway.api.usage import Usage

urlpatterns = [
    path("chat", Chat.as_view()),
    path("models/test-connection", TestConnection.as_view()),
    path("conversations", Conversations.as_view()),
    path("conversations/<uuid:conversation>", OneConversation.as_view()),
    path("usage", Usage.as_view()),
    path("usage/calls", Calls.as_view()),
    path("experiments", Experiments.as_view()),
    path("experiments/<int:pk>", OneExperiment.as_view()),
    path("experiments/<int:pk>/ratings", Ratings.as_view()),
]
