"""What a person chose for themselves."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse

from catalog import preferences
from catalog.models import AIModel

from .page import back, me, person, show, told

MOST_FOUND = 20


@person("GET")
def shown(request: HttpRequest) -> HttpResponse:
    caller = me(request)
    words = request.GET.get("q", "").replace("\x00", "")[:200].strip()
    usable = AIModel.objects.visible_to(caller).enabled().select_related("provider").light()
    found = usable.search(words).order_by("name", "id")[:MOST_FOUND] if words else []
    return show(
        request, "preferences", default=preferences.default_model_of(caller), words=words, found=found, most=MOST_FOUND
    )


@person("POST")
def set_default(request: HttpRequest) -> HttpResponse:
    """The model named by its id; none clears the choice."""
    wanted = request.POST.get("model", "")
    pk = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 19 else None
    with told(request):
        chosen = preferences.set_default_model(pk, me(request))
        messages.success(request, f"{chosen.name} is your default model." if chosen else "You have no default model.")
    return back(request, "account:preferences")
