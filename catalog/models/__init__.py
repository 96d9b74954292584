from __future__ import annotations

from .aimodel import AIModel, Category, Status
from .change import Action, Change, ChangeSet, ObjectType
from .credential import Credential
from .grant import AccessRequest, Effect, Grant, RequestState
from .preference import UserPreference
from .price import AMOUNTS, Price, PriceState
from .provider import Auth, Health, Provider
from .route import Route, RouteTarget
from .voice import Voice

__all__ = [
    "AMOUNTS",
    "AIModel",
    "AccessRequest",
    "Action",
    "Auth",
    "Category",
    "Change",
    "ChangeSet",
    "Credential",
    "Effect",
    "Grant",
    "Health",
    "ObjectType",
    "Price",
    "PriceState",
    "Provider",
    "RequestState",
    "Route",
    "RouteTarget",
    "Status",
    "UserPreference",
    "Voice",
]
