"""Which variant of a split a call gets."""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Sequence

from .named import NamedTarget


def draw(targets: Sequence[NamedTarget], salt: str, sticky: str) -> NamedTarget:
    """One of the targets, as often as its weight says, and always the same one for the same sticky key.

    Weighted rendezvous hashing: the target with the largest -weight / ln(u), u from its own hash, so that a target
    that comes or goes moves only its own share (Schindelhauer and Schomaker, "Weighted Distributed Hash Tables", 2005).
    """
    if len(targets) == 1:
        return targets[0]
    if not sticky:
        return random.choices(targets, [target.weight for target in targets])[0]
    return max(targets, key=lambda target: -target.weight / math.log(share(salt, target.identity, sticky)))


def share(salt: str, identity: str, sticky: str) -> float:
    """A number between 0 and 1, both excluded, that these three decide."""
    digest = hashlib.blake2b(f"{salt}\0{identity}\0{sticky}".encode(), digest_size=8).digest()
    return (int.from_bytes(digest) + 1) / (2**64 + 2)
