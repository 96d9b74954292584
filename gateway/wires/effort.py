"""How much to reason: efforts, which some wires ask for, and budgets of tokens, which others do."""

from __future__ import annotations

BUDGETS = {"minimal": 1_024, "low": 2_048, "medium": 8_192, "high": 16_384, "xhigh": 32_768, "max": 65_536}


def budget_of(effort: str) -> int:
    """In tokens; an effort nobody knows is taken for medium."""
    return BUDGETS.get(effort, BUDGETS["medium"])


def effort_of(budget: int) -> str:
    """The least effort whose budget is enough, at most high: not every model knows more."""
    return next((effort for effort in ("low", "medium") if budget <= BUDGETS[effort]), "high")
