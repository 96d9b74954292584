"""Templates: models one adds by filling in little more than a key. Adding one means adding one entry below."""

from __future__ import annotations

from dataclasses import dataclass

from access.caller import Caller
from catalog.errors import NotFound
from catalog.models import Credential, Provider
from catalog.providers import SPECS


@dataclass(frozen=True, kw_only=True)
class Template:
    """What is known before anything is filled in. Names, addresses and links are its provider's unless said here."""

    id: str
    provider: str
    description: str
    examples: tuple[str, ...] = ()
    title: str = ""
    address_hint: str = ""  # for those that everyone runs somewhere else
    key_needed: bool = True
    named_by_user: bool = False  # the model's id is what its server calls it

    @property
    def name(self) -> str:
        return self.title or SPECS[self.provider].name

    @property
    def docs_url(self) -> str:
        return SPECS[self.provider].docs_url

    @property
    def auth(self) -> str:
        """How a key is presented; servers that need none take one as bearer."""
        auth = SPECS[self.provider].auth
        return "bearer" if auth == "none" else auth


TEMPLATES: dict[str, Template] = {
    template.id: template
    for template in (
        Template(
            id="openai",
            provider="openai",
            description="GPT and reasoning models, with your own OpenAI key.",
            examples=("gpt-4.1", "gpt-4.1-nano", "gpt-4o", "gpt-5"),
        ),
        Template(
            id="anthropic",
            provider="anthropic",
            description="Claude models, with your own Anthropic key.",
            examples=("claude-sonnet-4-5", "claude-sonnet-4-20250514", "claude-haiku-4-5"),
        ),
        Template(
            id="gemini",
            provider="gemini",
            description="Gemini models, with a key from Google AI Studio.",
            examples=("gemini-2.5-flash", "gemini-2.5-pro", "gemini-2.5-flash-lite"),
        ),
        Template(
            id="mistral",
            provider="mistral",
            description="Mistral's open and commercial models.",
            examples=("mistral-large-latest", "mistral-small-latest", "codestral-latest"),
        ),
        Template(
            id="huggingface",
            provider="huggingface",
            description="Thousands of open models through Hugging Face's inference providers.",
            examples=("meta-llama/Llama-3.3-70B-Instruct", "Qwen/Qwen3-32B"),
        ),
        Template(
            id="openrouter",
            provider="openrouter",
            description="Hundreds of models of many vendors with one key.",
            examples=("openrouter/auto", "anthropic/claude-sonnet-4.5", "openai/gpt-4.1"),
        ),
        Template(
            id="azure-openai",
            provider="azure-openai",
            description="A deployment in your own Azure resource. The model id is the deployment's name.",
            examples=("gpt-4.1", "gpt-4o"),
            address_hint="https://RESOURCE.openai.azure.com/openai/v1",
            named_by_user=True,
        ),
        Template(
            id="ollama",
            provider="ollama",
            description="Open models on a server of your own that runs Ollama.",
            examples=("llama3.2", "qwen3:8b", "gemma3"),
            address_hint="https://ollama.example.com",
            key_needed=False,
        ),
        Template(
            id="vllm",
            provider="vllm",
            description="A model served by vLLM. The model id is the one it was started with.",
            examples=("meta-llama/Llama-3.1-8B-Instruct",),
            address_hint="https://vllm.example.com/v1",
            key_needed=False,
            named_by_user=True,
        ),
        Template(
            id="lmstudio",
            provider="lmstudio",
            description="A model served by LM Studio.",
            examples=("qwen2.5-7b-instruct",),
            address_hint="https://lmstudio.example.com/v1",
            key_needed=False,
            named_by_user=True,
        ),
        Template(
            id="compatible",
            provider="custom",
            title="Any compatible server",
            description="Any server that speaks the OpenAI dialect: enter its address and the model's id.",
            address_hint="https://llm.example.com/v1",
            key_needed=False,
            named_by_user=True,
        ),
    )
}


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A template as one caller meets it: with the provider's row, and what is still to be filled in."""

    template: Template
    provider: Provider
    key_stored: bool
    needs: tuple[str, ...]


def offers(caller: Caller) -> list[Offer]:
    """The templates a caller may use, in the order of the table. Two queries."""
    slugs = {template.provider for template in TEMPLATES.values()}
    rows = {row.slug: row for row in Provider.objects.open_to(caller).filter(slug__in=slugs).with_stored_key()}
    keys = Credential.objects.usable().of(caller.user_id).filter(provider__in=rows.values())
    mine = set() if caller.is_admin or caller.user_id is None else set(keys.values_list("provider_id", "base_url"))
    return [
        offer_of(template, rows[template.provider], caller, mine)
        for template in TEMPLATES.values()
        if template.provider in rows
    ]


def offer_of(template: Template, row: Provider, caller: Caller, mine: set[tuple[int, str]]) -> Offer:
    key_stored = row.key_configured and row.needs_key if caller.is_admin else (row.pk, row.base_url) in mine
    elsewhere = bool(template.address_hint) and not (caller.is_admin and row.base_url)
    asked = {
        "apiKey": template.key_needed and not (key_stored and not elsewhere),
        "baseUrl": elsewhere,
        "modelId": template.named_by_user,
    }
    return Offer(
        template=template,
        provider=row,
        key_stored=key_stored,
        needs=tuple(name for name, is_needed in asked.items() if is_needed),
    )


def offered(template_id: str, caller: Caller) -> Offer:
    """The template of an id. Raises NotFound."""
    for offer in offers(caller):
        if offer.template.id == template_id:
            return offer
    raise NotFound(f"There is no template {template_id[:100]}.")
