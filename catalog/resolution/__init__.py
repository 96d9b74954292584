"""A name -> the models that serve it, in order, and why. Pure: it asks nothing but the Names it is given.

The gateway gives it a snapshot, `explain_model` the database. The order of design: a route, an exact
`provider/model_id`, an exact bare id, a provider's slug, and only then an unknown model of a known provider.
"""

from __future__ import annotations

from .answers import Candidate, May, Reason, Resolved, Wish
from .drawing import draw
from .named import Named, NamedRoute, NamedTarget, Names, Overlay, Table
from .refusals import AmbiguousName, NoSuchName, NotAllowed, NotEnabled, NotServed, RetiredForGood, WrongKind
from .search import DEEPEST, Resolution, resolve

__all__ = [
    "AmbiguousName",
    "Candidate",
    "DEEPEST",
    "May",
    "Named",
    "NamedRoute",
    "NamedTarget",
    "Names",
    "NoSuchName",
    "NotAllowed",
    "NotEnabled",
    "NotServed",
    "Overlay",
    "Reason",
    "Resolution",
    "Resolved",
    "RetiredForGood",
    "Table",
    "Wish",
    "WrongKind",
    "draw",
    "resolve",
]
