"""THE permission table: who may do what on which route. A route that is not in it is closed, and fails a test."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from fnmatch import fnmatchcase

from access.caller import Caller
from access.scopes import Scope


class Need(Enum):
    """What a caller must be or have. What belongs to others is not there for them (404), whatever this says."""

    PUBLIC = "everyone"
    CALLER = "everyone who says who they are"
    READ = "the scope catalog:read"
    WRITE = "the scope catalog:write"
    SYNC = "the scope sync"
    GATEWAY = "the scope gateway"
    METRICS = "the scope metrics"
    ADMIN = "admins, or the scope admin"
    SYNC_KEY = "the admin key, or a key with the scope sync; no session"
    PERSON = "a person who signed in"
    STAFF = "staff who signed in, with Django's permission for the page"


SCOPES = {
    Need.READ: Scope.READ,
    Need.WRITE: Scope.WRITE,
    Need.SYNC: Scope.SYNC,
    Need.GATEWAY: Scope.GATEWAY,
    Need.METRICS: Scope.METRICS,
}

WHY = {
    Need.ADMIN: "Only admins may do this.",
    Need.SYNC_KEY: "This needs the admin key, or a key with the scope sync.",
    Need.PERSON: "Only people may do this: sign in.",
    Need.STAFF: "Only staff may do this: sign in.",
}

ANY = "*"  # a page that minds its methods itself

Rule = Mapping[str, Need]

PUBLIC: Rule = {ANY: Need.PUBLIC}
PERSON: Rule = {ANY: Need.PERSON}
STAFF: Rule = {ANY: Need.STAFF}

# Route as in urls.py -> method -> need. HEAD and OPTIONS go with GET.
RULES: Mapping[str, Rule] = {
    "": PUBLIC,
    "favicon.ico": PUBLIC,
    "health/live": PUBLIC,
    "health/ready": PUBLIC,
    "sso/login": PUBLIC,  # where single sign-on is configured
    "sso/callback": PUBLIC,
    "api/schema": PUBLIC,
    "api/docs": PUBLIC,
    "v1/<path:rest>": PUBLIC,  # says that the gateway is elsewhere; under ASGI it has its own door
    # the catalog
    "api/models": {"GET": Need.PUBLIC, "POST": Need.WRITE},
    "api/models?view=list": {"GET": Need.READ},
    "api/models/<int:pk>": {"GET": Need.READ, "PUT": Need.WRITE, "PATCH": Need.WRITE, "DELETE": Need.WRITE},
    "api/models/calculate": {"POST": Need.READ},
    "api/models/templates": {"GET": Need.READ},
    "api/models/test-connection": {"POST": Need.WRITE},
    "api/models/templates/<slug:template>": {"POST": Need.WRITE},
    "api/config/models": {"GET": Need.READ},
    "api/admin/models": {"GET": Need.ADMIN, "POST": Need.ADMIN},
    "api/admin/models/<int:pk>": {
        "GET": Need.ADMIN,
        "PUT": Need.ADMIN,
        "PATCH": Need.ADMIN,
        "DELETE": Need.ADMIN,
    },
    "api/admin/models/populate": {"POST": Need.ADMIN},
    "api/admin/models/bulk-update": {"POST": Need.ADMIN},
    "api/admin/models/set-default": {"POST": Need.ADMIN},
    "api/admin/providers": {"GET": Need.ADMIN, "POST": Need.ADMIN},
    "api/admin/providers/<slug:slug>": {"GET": Need.ADMIN, "PATCH": Need.ADMIN, "DELETE": Need.ADMIN},
    "api/admin/routes": {"GET": Need.ADMIN, "POST": Need.ADMIN},
    "api/admin/routes/<int:pk>": {
        "GET": Need.ADMIN,
        "PUT": Need.ADMIN,
        "PATCH": Need.ADMIN,
        "DELETE": Need.ADMIN,
    },
    # discovery
    "api/admin/models/discover": {"POST": Need.SYNC},
    "api/admin/runs/<int:pk>": {"GET": Need.SYNC},
    "admin/model-sync/provider/<slug:slug>": {"POST": Need.SYNC_KEY},
    "admin/model-sync/all": {"POST": Need.SYNC_KEY},
    "admin/model-sync/providers": {"GET": Need.SYNC_KEY},
    "admin/model-sync/status": {"GET": Need.SYNC_KEY},
    "admin/model-sync/<path:rest>": PUBLIC,  # says that there is nothing
    # the gateway; of others' calls, only admins see anything
    "api/chat": {"POST": Need.GATEWAY},
    "api/conversations": {"GET": Need.GATEWAY},
    "api/conversations/<uuid:conversation>": {"GET": Need.GATEWAY, "DELETE": Need.GATEWAY},
    "api/experiments": {"GET": Need.CALLER},
    "api/experiments/<int:pk>": {"GET": Need.CALLER},
    "api/experiments/<int:pk>/ratings": {"POST": Need.GATEWAY},
    "api/usage": {"GET": Need.CALLER},
    "api/usage/calls": {"GET": Need.CALLER},
    "metrics": {"GET": Need.METRICS},  # a scraper holds a key that can do nothing else; loopback alone opens nothing
    # one's own pages
    "account": PUBLIC,  # leads to the next
    "account/": PUBLIC,
    "account/login": PUBLIC,
    "account/logout": PUBLIC,
    "account/*": PERSON,
    "playground": PERSON,
    "playground/models": PERSON,
    "playground/token": PERSON,
    "playground/keep": PERSON,
    "playground/better": PERSON,
    "usage": PERSON,
    "usage/calls": PERSON,
    "usage/calls/<slug:call_id>": PERSON,
    "api/audit": {"GET": Need.CALLER},  # of others, only admins see anything
    # the admin: its pages ask Django's permissions
    "admin": PUBLIC,  # leads to the next
    "admin/": STAFF,
    "admin/login/": PUBLIC,
    "admin/logout/": PUBLIC,
    "admin/password_change/": STAFF,
    "admin/password_change/done/": STAFF,
    "admin/autocomplete/": STAFF,
    "admin/jsi18n/": STAFF,
    "admin/r/*": STAFF,
    "admin/^(?P<app_label>*": STAFF,
    "admin/(?P<url>.[*])$": STAFF,
    "admin/sync/*": STAFF,
    "admin/attention/<slug:kind>": STAFF,
    "admin/impact/<int:pk>/<slug:name>": STAFF,
    "admin/test-connection/model/<int:pk>": STAFF,
    "admin/test-connection/provider/<slug:slug>": STAFF,
    "admin/experiments": STAFF,
    "admin/experiments/<int:pk>": STAFF,
    "admin/usage": STAFF,
    "admin/usage/calls": STAFF,
    "admin/usage/calls/<slug:call_id>": STAFF,
    "admin/panel": STAFF,
    "admin/panel/progress": STAFF,
    "admin/models-table": STAFF,
    "admin/gallery": STAFF,
    "admin/gallery/<slug:template>": STAFF,
    "admin/access/apikey/*": STAFF,
    "admin/access/authevent/*": STAFF,
    "admin/access/userlimits/*": STAFF,
    "admin/auth/group/*": STAFF,
    "admin/auth/user/*": STAFF,
    "admin/catalog/accessrequest/*": STAFF,
    "admin/catalog/aimodel/*": STAFF,
    "admin/catalog/change/*": STAFF,
    "admin/catalog/grant/*": STAFF,
    "admin/catalog/provider/*": STAFF,
    "admin/catalog/route/*": STAFF,
    "admin/catalog/voice/*": STAFF,
    "admin/discovery/syncrun/*": STAFF,
    "admin/gateway/breaker/*": STAFF,
    "admin/gateway/quarantine/*": STAFF,
    "admin/gateway/rating/*": STAFF,
    "admin/gateway/usage/*": STAFF,
}


def rule_of(route: str, view: str = "") -> Rule | None:
    """The rule of a route or of one view of it, exact or by pattern; None closes it."""
    found = RULES.get(f"{route}?view={view}") or RULES.get(route)
    if found is not None:
        return found
    return next((rule for pattern, rule in RULES.items() if ANY in pattern and fnmatchcase(route, pattern)), None)


def need_of(rule: Rule, method: str) -> Need | None:
    """What a method needs; None for one the table does not know."""
    if method in ("HEAD", "OPTIONS"):
        method = "GET" if "GET" in rule else next(iter(rule))
    return rule.get(method) or rule.get(ANY)


def lets_in(need: Need, caller: Caller) -> bool:
    if need in SCOPES:
        return caller.may(SCOPES[need])
    match need:
        case Need.PUBLIC:
            return True
        case Need.CALLER:
            return caller.is_authenticated
        case Need.ADMIN:
            return caller.is_admin
        case Need.SYNC_KEY:
            return caller.proof in ("admin key", "api key") and caller.may(Scope.SYNC)
        case _:  # a person; of staff, Django asks more
            return caller.proof == "session"


def why_not(need: Need) -> str:
    return WHY.get(need) or f"This needs {need.value}."
