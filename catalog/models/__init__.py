from __future__ import annotations

from .aimodel import AIModel, Category, Status
from .change import Action, Change, ChangeSet, ObjectType
from .credential import Credential
from .price import AMOUNTS, Price, PriceState
from .provider import Auth, Health, Provider
from .voice import Voice

__all__ = [
    "AMOUNTS",
    "AIModel",
    "Action",
    "Auth",
    "Category",
    "Change",
    "ChangeSet",
    "Credential",
    "Health",
    "ObjectType",
    "Price",
    "PriceState",
    "Provider",
    "Status",
    "Voice",
]
