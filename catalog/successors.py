"""What providers themselves name as the replacement of a model, in the entries of their lists that are kept."""

from __future__ import annotations

from collections.abc import Iterable

from catalog.models import AIModel

# As Mistral, DeepInfra and others write it.
NAMES = ("deprecation_replacement_model", "replaced_by", "replacement_model")


def named_by_provider(models: Iterable[AIModel]) -> dict[int, AIModel]:
    """For models without a successor, by their ids: the enabled one of the same provider that its list names."""
    named = {model: name for model in models if model.successor_id is None and (name := replacement_in(model))}
    if not named:
        return {}
    rows = AIModel.objects.global_().enabled().filter(model_id__in=set(named.values()))
    heirs: dict[tuple[int, str], list[AIModel]] = {}
    for heir in rows.filter(provider__in={model.provider_id for model in named}).select_related("provider"):
        heirs.setdefault((heir.provider_id, heir.model_id), []).append(heir)
    found: dict[int, AIModel] = {}
    for model, name in named.items():
        candidates = [heir for heir in heirs.get((model.provider_id, name), ()) if heir.pk != model.pk]
        if candidates:
            found[model.pk] = min(candidates, key=lambda heir: (heir.category != model.category, heir.pk))
    return found


def replacement_in(model: AIModel) -> str:
    entry = model.provider_metadata
    if not isinstance(entry, dict):
        return ""
    return next((entry[name] for name in NAMES if isinstance(entry.get(name), str) and entry[name]), "")
