"""Providers as operators keep them: adding, changing, deleting, and making sure that each spec has its row."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from access.caller import Caller
from catalog import credentials, history
from catalog.addresses import clean_base_url
from catalog.errors import Clash, Invalid
from catalog.models import Action, AIModel, Auth, Category, Health, ObjectType, Provider
from catalog.policy import clean_policy
from catalog.providers import SPECS, ProviderSpec

EDITABLE = (
    "name",
    "endpoint_type",
    "wire",
    "listing",
    "base_url",
    "api_key_env",
    "auth",
    "categories",
    "site_url",
    "docs_url",
    "status_url",
    "is_active",
    "policy",
)
# TGI is spoken by servers of one's own alone, so no spec names it.
WIRES = sorted({"openai", "tgi", *(spec.wire for spec in SPECS.values())})
LISTINGS = sorted({"", "generic", *(spec.listing for spec in SPECS.values())})  # "" = it has no list
OUR_SECRETS = re.compile(r"(SECRET_KEY|ENCRYPTION_KEY|ADMIN_API_KEY|\w+_URL|OIDC_\w+|DJANGO_\w+)\Z")


def ensure_specs() -> int:
    """Make sure each spec has a row; what an operator set is never touched. How many were added."""
    known = set(Provider.objects.values_list("slug", flat=True))
    rows = [row_of(spec) for slug, spec in SPECS.items() if slug not in known]
    Provider.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def row_of(spec: ProviderSpec) -> Provider:
    return Provider(
        slug=spec.slug,
        name=spec.name,
        endpoint_type=spec.endpoint_type or spec.slug,
        wire=spec.wire,
        listing=spec.listing,
        base_url=spec.base_url,
        api_key_env=spec.key_env,
        env_key_base_url=spec.base_url,
        auth=spec.auth,
        categories=list(spec.categories),
        site_url=spec.site_url,
        docs_url=spec.docs_url,
        status_url=spec.status_url,
        is_active=spec.active,
    )


def add_provider(fields: Mapping[str, Any], by: Caller, *, key: str = "", reason: str = "") -> Provider:
    """Add a provider the code has no spec for: read as `generic`, called as `openai` unless said otherwise."""
    cleaned = clean(fields)
    slug = cleaned.pop("slug", "")
    row = Provider(
        **{"name": slug, "endpoint_type": slug, "listing": "generic", "wire": "openai", "categories": ["text"]}
        | cleaned,
        slug=slug,
    )
    row.env_key_base_url = row.base_url if row.api_key_env else ""
    validate(row)
    with history.change_set(by, reason) as changes:
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError as error:
            raise Clash(f"There is already a provider {slug}.", {"slug": "already exists"}) from error
        changes.record(ObjectType.PROVIDER, row.pk, row.slug, {}, {"slug": slug, **cleaned}, Action.CREATE)
        if key:
            credentials.set_key(row, key, by, reason)
    return row


def change_provider(
    provider: Provider,
    fields: Mapping[str, Any],
    by: Caller,
    *,
    key: str | None = "",
    confirm_env_key: bool = False,
    reason: str = "",
) -> list[str]:
    """Change what an operator may of a provider, and its key (None deletes it). Returns what else that did.

    A new address drops the stored key unless a new one comes with it, and the environment's key is not sent there
    until `confirm_env_key`: keys go only to the address they were given for. Raises Invalid.
    """
    cleaned = clean(fields)
    if "slug" in cleaned and cleaned.pop("slug") != provider.slug:
        raise Invalid({"slug": "cannot be changed; add another provider"})
    notes = []
    with history.change_set(by, reason) as changes:
        row = Provider.objects.select_for_update().get(pk=provider.pk)
        before = {name: getattr(row, name) for name in cleaned}
        for name, value in cleaned.items():
            setattr(row, name, value)
        validate(row)
        moved = "base_url" in cleaned and before["base_url"] != row.base_url
        if moved and credentials.drop(row, changes) and not key:
            notes.append("The stored key was for the old address and was deleted. Enter the key for the new one.")
        if confirm_env_key and row.env_key_base_url != row.base_url:
            before["env_key_base_url"] = row.env_key_base_url
            row.env_key_base_url = cleaned["env_key_base_url"] = row.base_url
        elif moved and row.api_key_env and row.env_key_base_url != row.base_url:
            notes.append(f"{row.api_key_env} will not be sent to the new address until you confirm it.")
        if moved:
            row.health, row.health_since, row.health_reason = Health.UNKNOWN, None, ""  # of the old address
            before["etag"], row.etag, cleaned["etag"] = row.etag, "", ""
        changes.record(ObjectType.PROVIDER, row.pk, row.slug, before, cleaned)
        row.save()
        if key:
            credentials.set_key(row, key, by, reason)
        elif key is None:
            credentials.forget_key(row, by, reason)
        provider.refresh_from_db()
    return notes


def delete_provider(provider: Provider, by: Caller, reason: str = "") -> None:
    """Delete a provider an admin added and that has no models. Raises Clash otherwise."""
    if provider.spec is not None:
        raise Clash(f"{provider.slug} comes with the product. Switch it off instead.")
    with history.change_set(by, reason) as changes:
        row = Provider.objects.select_for_update().get(pk=provider.pk)
        count = row.models.filter(owner=None).count()
        if count:
            raise Clash(f"{row.slug} still has {count} models. Delete or archive them, or switch the provider off.")
        if row.models.exists():
            raise Clash(f"{row.slug} is used by models of persons. Switch it off instead.")
        changes.record(
            ObjectType.PROVIDER,
            row.pk,
            row.slug,
            {name: getattr(row, name) for name in ("slug", *EDITABLE)},
            {},
            Action.DELETE,
        )
        row.delete()


def provider_named(slug: str, endpoint_type: str) -> Provider:
    """The provider of a slug, else the primary one of an endpoint type, else `custom`. Raises Invalid."""
    rows = {row.slug: row for row in Provider.objects.all()}
    if slug and slug not in rows:
        raise Invalid({"provider": f"unknown: {slug[:100]}; known: {', '.join(rows)}"})
    if slug and endpoint_type and rows[slug].endpoint_type.casefold() != endpoint_type.casefold():
        raise Invalid({"endpoint_type": f"is {rows[slug].endpoint_type} at {slug}"})
    if slug or not endpoint_type:
        return rows[slug or "custom"]
    ordered = [rows[known] for known in dict.fromkeys([*SPECS, *rows]) if known in rows]
    for row in ordered:
        if row.endpoint_type.casefold() == endpoint_type.casefold():
            return row
    known_types = sorted({row.endpoint_type for row in ordered})
    raise Invalid({"endpoint_type": f"unknown: {endpoint_type[:100]}; known: {', '.join(known_types)}"})


def default_models(providers: Iterable[Provider]) -> dict[int, dict[str, str]]:
    """For each provider's id its default models: category -> model id."""
    defaults: dict[int, dict[str, str]] = {}
    rows = AIModel.objects.global_().filter(is_default=True, provider__in=[row.pk for row in providers])
    for pk, category, model_id in rows.order_by("category").values_list("provider_id", "category", "model_id"):
        defaults.setdefault(pk, {})[category] = model_id
    return defaults


def clean(fields: Mapping[str, Any]) -> dict[str, Any]:
    """An operator's values for a provider, checked one by one. Raises Invalid naming each that is wrong."""
    cleaned: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for name, value in fields.items():
        try:
            cleaned[name] = CHECKS[name](value)
        except KeyError:
            wrong[name] = "is nothing one can set"
        except ValueError as error:
            wrong[name] = str(error)
    if wrong:
        raise Invalid(wrong)
    return cleaned


def a_text(value: Any) -> str:
    if not isinstance(value, str) or not (value.isprintable() or value == ""):
        raise ValueError("must be text without control characters")
    return value.strip()


def one_of(known: list[str]) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if value not in known:
            raise ValueError(f"must be one of {', '.join(filter(None, known))}")
        return str(value)

    return check


def a_truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def clean_key_variable(value: Any) -> str:
    """The name of a variable with a provider's key: never one of ours, which it would send to the provider."""
    name = a_text(value)
    if name and (not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) or OUR_SECRETS.match(name)):
        raise ValueError("must name an environment variable that holds a provider's key, such as ACME_API_KEY")
    return name


def clean_categories(value: Any) -> list[str]:
    if not isinstance(value, list) or any(item not in Category.values for item in value):
        raise ValueError(f"must be a list of {', '.join(Category.values)}")
    return list(dict.fromkeys(value))


CHECKS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("slug", *EDITABLE), a_text),
    "wire": one_of(WIRES),
    "listing": one_of(LISTINGS),
    "auth": one_of(Auth.values),
    "base_url": lambda value: clean_base_url(a_text(value)),
    "api_key_env": clean_key_variable,
    "categories": clean_categories,
    "is_active": a_truth,
    "policy": clean_policy,
}


def validate(row: Provider) -> None:
    """Django's own checks of the columns, as one Invalid."""
    try:
        row.clean_fields()
    except ValidationError as error:
        raise Invalid({name: " ".join(texts) for name, texts in error.message_dict.items()}) from error
