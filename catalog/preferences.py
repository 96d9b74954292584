"""What people choose for themselves."""

from __future__ import annotations

from access.caller import Caller
from catalog.errors import Forbidden, NotFound
from catalog.models import AIModel, UserPreference


def default_model_of(caller: Caller) -> AIModel | None:
    """The model a caller chose as their own default, while they may see it."""
    if caller.user_id is None:
        return None
    chosen = UserPreference.objects.filter(user=caller.user_id).values("default_model")
    return AIModel.objects.visible_to(caller).select_related("provider").filter(pk__in=chosen).first()


def chosen_model_of(caller: Caller) -> AIModel | None:
    """The model a caller once chose, whatever became of it: resolution says what answers in its place."""
    if caller.user_id is None:
        return None
    chosen = UserPreference.objects.filter(user=caller.user_id).values("default_model")
    return AIModel.objects.select_related("provider").filter(pk__in=chosen).first()


def set_default_model(pk: int | None, by: Caller) -> AIModel | None:
    """Choose a model one may use as one's own default, or none. Raises NotFound."""
    if by.user_id is None:
        raise Forbidden("Only people have preferences.")
    chosen = None
    if pk is not None:
        chosen = AIModel.objects.visible_to(by).enabled().select_related("provider").filter(pk=pk).first()
        if chosen is None:
            raise NotFound(f"There is no model {pk} you could use.")
    UserPreference.objects.update_or_create(user_id=by.user_id, defaults={"default_model": chosen})
    return chosen
