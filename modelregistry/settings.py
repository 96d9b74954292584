"""Settings from the environment and `.env`. A bad value goes to MISREAD for `access.checks`; none is raised."""

from __future__ import annotations

import importlib.util
import io
import re
import tomllib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import environ
from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")

BASE_DIR = Path(__file__).resolve().parent.parent
MISREAD: dict[str, str] = {}  # variable -> what is wrong with it, in words that do not repeat its value
BOOLEANS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LOG_FORMATS = ("line", "json")
POSTGRES_SCHEMES = ("postgres", "postgresql")
BROKER_SCHEMES = ("redis", "rediss", "amqp", "amqps")

env = environ.Env()


def load_env_file(path: Path) -> None:
    """Put the file's variables under those already set. Lines that are no assignment are named, never shown."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError) as error:
        MISREAD[".env"] = f"{path} cannot be read ({type(error).__name__})."
        return
    good = [line for line in lines if re.match(r"(export )?\w+=", line)]
    bad = [n for n, line in enumerate(lines, 1) if line.strip() and line[0] != "#" and line not in good]
    if bad:
        MISREAD[".env"] = f"{path}: line {', '.join(map(str, bad))} is not NAME=value."
    environ.Env.read_env(io.StringIO("\n".join(good)))


def read(name: str, cast: Callable[[str], T], default: T) -> T:
    """A variable through `cast`, which raises ValueError saying what was expected."""
    try:
        value = env.str(name, default="").strip()
        return cast(value) if value else default
    except ImproperlyConfigured:  # a value that starts with $ names another variable
        MISREAD[name] = "refers to a variable that is not set."
    except ValueError as error:
        MISREAD[name] = str(error)
    return default


def boolean(value: str) -> bool:
    if value.lower() not in BOOLEANS:
        raise ValueError("must be true or false.")
    return BOOLEANS[value.lower()]


def port(value: str) -> int:
    if not (value.isascii() and value.isdigit() and 0 < int(value) < 65536):
        raise ValueError("must be a whole number from 1 to 65535.")
    return int(value)


def days(value: str) -> int:
    if not (value.isascii() and value.isdigit() and int(value) <= 36_500):
        raise ValueError("must be a whole number of days, 0 for ever.")
    return int(value)


def folder(value: str) -> Path:
    path = BASE_DIR / value
    if path.exists() and not path.is_dir():
        raise ValueError("is no folder.")
    return path


def seconds(value: str) -> float:
    if not re.fullmatch(r"\d{1,6}(\.\d+)?", value) or not float(value):
        raise ValueError("must be a number of seconds above 0.")
    return float(value)


def log_level(value: str) -> str:
    if value.upper() not in LOG_LEVELS:
        raise ValueError(f"must be one of {', '.join(LOG_LEVELS)}.")
    return value.upper()


def log_format(value: str) -> str:
    if value.lower() not in LOG_FORMATS:
        raise ValueError(f"must be one of {', '.join(LOG_FORMATS)}.")
    return value.lower()


def host_names(value: str) -> list[str]:
    return [host.strip() for host in value.split(",")]


def beside_database() -> Path:
    """A folder for what belongs to the database: beside its file, or here if it is on a server."""
    name = DATABASES["default"].get("NAME", "")
    return (Path(name).parent if isinstance(name, Path) else BASE_DIR) / "usage-spool"


def sqlite(path: str | Path) -> dict[str, Any]:
    options = {"timeout": 20, "transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL"}
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / path, "OPTIONS": options}


def database(url: str) -> dict[str, Any]:
    scheme, _, rest = url.partition("://")
    if scheme not in ("sqlite", *POSTGRES_SCHEMES):
        raise ValueError("must begin with sqlite:/// or postgresql://.")
    if scheme == "sqlite" and (not rest.startswith("/") or not rest.strip("/")):
        raise ValueError(
            "must name a file: sqlite:///file for one in the project folder, sqlite:////path/file elsewhere."
        )
    if scheme == "sqlite":
        return sqlite(environ.Env.db_url_config(url)["NAME"])
    return postgresql(url)


def postgresql(url: str) -> dict[str, Any]:
    if importlib.util.find_spec("psycopg") is None:
        raise ValueError("is PostgreSQL, whose driver is not installed.")
    try:
        config: dict[str, Any] = environ.Env.db_url_config(url)
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError("cannot be read: special characters in the password must be percent-encoded.") from error
    if not config["NAME"]:
        raise ValueError("names no database: postgresql://user:password@host:5432/name.")
    config["OPTIONS"] = {"pool": {"min_size": 1, "max_size": 20, "timeout": 5}, **config.get("OPTIONS", {})}
    return config


def web_address(url: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#@]+[^\s?#@]*", url):
        raise ValueError("must be an http or https address without user, query and fragment.")
    return url


def redis(url: str) -> str:
    if url.partition("://")[0] not in ("redis", "rediss", "unix"):
        raise ValueError("must begin with redis:// or rediss://.")
    if importlib.util.find_spec("redis") is None:
        raise ValueError("is set, but the Redis client is not installed.")
    return url


def broker(url: str) -> str:
    if url.partition("://")[0] not in BROKER_SCHEMES:
        raise ValueError(f"must begin with {', '.join(BROKER_SCHEMES)} and ://.")
    if importlib.util.find_spec("celery") is None:
        raise ValueError("names a queue, but celery is not installed.")
    return url


load_env_file(Path(env.str("ENV_FILE", default="") or BASE_DIR / ".env"))

DEBUG = read("DEBUG", boolean, False)
SECRET_KEY = read("SECRET_KEY", str, "")
ENCRYPTION_KEY = read("ENCRYPTION_KEY", str, "")  # url-safe base64 of 32 bytes; while rotating: new,old
ADMIN_API_KEY = read("ADMIN_API_KEY", str, "")
ALLOWED_HOSTS = read("ALLOWED_HOSTS", host_names, ["127.0.0.1", "localhost", "[::1]"])
PORT = read("PORT", port, 8000)
REDIS_URL = read("REDIS_URL", redis, "")  # set: limits are exact across processes; empty: by slices
CELERY_BROKER_URL = read("CELERY_BROKER_URL", broker, "")  # set: syncs are tasks of workers; empty: child processes
GATEWAY_ANSWER_TIMEOUT = read("GATEWAY_ANSWER_TIMEOUT", seconds, 600.0)  # of a provider, for a whole answer
GATEWAY_STALL_TIMEOUT = read("GATEWAY_STALL_TIMEOUT", seconds, 60.0)  # of a stream, between two pieces
# What answers where nobody named a model, as long as no model of the catalog can.
LLM_PROVIDER = read("LLM_PROVIDER", str.lower, "")  # a provider's slug
LLM_MODEL = read("LLM_MODEL", str, "")  # empty: the default its provider comes with
LOG_LEVEL = read("LOG_LEVEL", log_level, "INFO")
LOG_FORMAT = read("LOG_FORMAT", log_format, "line")
# The identity provider: with an audience its access tokens open the API, with a client people sign in through it.
OIDC_ISSUER = read("OIDC_ISSUER", web_address, "")
OIDC_AUDIENCE = read("OIDC_AUDIENCE", str, "")
OIDC_JWKS_URL = read("OIDC_JWKS_URL", web_address, "")  # empty: as the issuer's discovery document says
OIDC_ADMIN_CLAIM = read("OIDC_ADMIN_CLAIM", str, "roles")  # a.b for one further in
OIDC_ADMIN_VALUE = read("OIDC_ADMIN_VALUE", str, "")  # empty: nobody is an admin by a claim
OIDC_CLIENT_ID = read("OIDC_CLIENT_ID", str, "")
OIDC_CLIENT_SECRET = read("OIDC_CLIENT_SECRET", str, "")
SINGLE_SIGN_ON = bool(OIDC_ISSUER and OIDC_CLIENT_ID and OIDC_CLIENT_SECRET)
if SINGLE_SIGN_ON and importlib.util.find_spec("allauth") is None:
    MISREAD["OIDC_CLIENT_ID"] = "is set, but django-allauth is not installed."
    SINGLE_SIGN_ON = False
OIDC_FETCH = "catalog.upstream.documents.fetch_document"
# Without a usable address Django gets its dummy engine, so that nothing is ever written to a database nobody chose.
DATABASES = {"default": read("DATABASE_URL", database, sqlite("registry.sqlite3"))}
if "DATABASE_URL" in MISREAD:
    DATABASES["default"] = {}

USAGE_SPOOL_DIR = read("USAGE_SPOOL_DIR", folder, beside_database())  # each process notes its calls in files there
USAGE_RETENTION_DAYS = read("USAGE_RETENTION_DAYS", days, 90)  # of single calls; their sums by day stay for ever

# Behind TLS everything is secure; without, plain HTTP works. Uvicorn takes the scheme from a trusted proxy's headers.
SECURE_SSL_REDIRECT = read("SECURE_SSL_REDIRECT", boolean, False)
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SECURE_SSL_REDIRECT else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT
SILENCED_SYSTEM_CHECKS = ["security.W021"]  # preloading HSTS is for the owner of the whole domain to decide

INSTALLED_APPS = [
    "access.apps.AccessConfig",
    "catalog.apps.CatalogConfig",
    "discovery.apps.DiscoveryConfig",
    "gateway.apps.GatewayConfig",
    "console.apps.ConsoleConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "axes",
]

MIDDLEWARE = [
    "access.middleware.request_id",
    "access.middleware.refusals",
    "access.middleware.ended_sessions",
    "access.middleware.security_headers",
    "django.middleware.security.SecurityMiddleware",
    "access.middleware.StaticFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "access.middleware.body_limit",  # synchronous and last: so Django runs all of them in one thread, without hops
]

ROOT_URLCONF = "modelregistry.urls"
ASGI_APPLICATION = "modelregistry.asgi.application"
WSGI_APPLICATION = "modelregistry.wsgi.application"
APPEND_SLASH = False  # a route has one address
CSRF_FAILURE_VIEW = "access.errors.csrf_failure"
LOGIN_URL = "admin:login"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]

# Five wrong passwords for one name from one address, and both wait together: nobody can lock another one out.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "access.errors.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True  # ours says more, see access.events
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

if SINGLE_SIGN_ON:
    INSTALLED_APPS += [
        "allauth",
        "allauth.account",
        "allauth.socialaccount",
        "allauth.socialaccount.providers.openid_connect",
    ]
    MIDDLEWARE.insert(
        MIDDLEWARE.index("axes.middleware.AxesMiddleware"), "allauth.account.middleware.AccountMiddleware"
    )
    SOCIALACCOUNT_ADAPTER = "access.sso.Accounts"
    SOCIALACCOUNT_ONLY = True
    SOCIALACCOUNT_LOGIN_ON_GET = True  # a form could not lead there: the content policy forbids it
    ACCOUNT_EMAIL_VERIFICATION = "none"
    SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": "sso",
                    "name": "Single sign-on",
                    "client_id": OIDC_CLIENT_ID,
                    "secret": OIDC_CLIENT_SECRET,
                    "settings": {"server_url": OIDC_ISSUER.rstrip("/")},
                }
            ],
        }
    }

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True  # no collectstatic step
WHITENOISE_ALLOW_ALL_ORIGINS = False

DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440  # the whole body, whatever its kind: 413 beyond

API_REQUESTS_A_MINUTE = {"nobody": 1_200, "caller": 6_000}  # of one address; of one key or person

# A task is done when it has ended: if its worker is killed it goes to another, with Redis after the timeout.
CELERY_TASK_ACKS_LATE = CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "registry"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 300} if CELERY_BROKER_URL.startswith("redis") else {}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False  # its lines are those of LOGGING
CELERY_BEAT_SCHEDULE = {"sync what is due": {"task": "sync_due", "schedule": 60.0, "options": {"expires": 60}}}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "access.authentication.ApiKeyAuthentication",
        "access.authentication.TokenAuthentication",
        "access.authentication.AdminKeyAuthentication",
        "access.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["access.permissions.ByTheRules"],
    "DEFAULT_THROTTLE_CLASSES": ["access.throttles.CallerThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["catalog.api.parsing.StrictJSONParser"],
    "EXCEPTION_HANDLER": "catalog.api.errors.answer",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "COERCE_DECIMAL_TO_STRING": False,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

CALLS_OF_ROUTES = "gateway.traffic.calls_of_routes"  # see catalog.traffic

SPECTACULAR_SETTINGS = {
    "TITLE": "Model Registry",
    "VERSION": tomllib.loads((BASE_DIR / "pyproject.toml").read_text("utf-8"))["project"]["version"],
    "OAS_VERSION": "3.1.0",
    "ENUM_NAME_OVERRIDES": {"ModelStatus": "catalog.models.Status"},
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["access.permissions.Public"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "access.request_id.RequestIdFilter"}},
    "formatters": {
        "line": {
            "format": "{asctime}Z {levelname} {name} [{request_id}] {message}",
            "datefmt": "%Y-%m-%dT%H:%M:%S",
            "style": "{",
        },
        "json": {"()": "access.json_log.JsonFormatter"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["request_id"]}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},  # else it prints and mails its own
        "django.request": {"level": "ERROR"},  # what is refused stands in access.requests
        "django.security.csrf": {"level": "ERROR"},  # the same, and this one names the path as it was typed
        "axes": {"level": "ERROR"},  # what it tells stands in our access events
        "uvicorn.access": {"level": "WARNING"},  # ours names no query and no key
        "httpx2": {"level": "WARNING"},  # else every address that was asked, its query too
        "httpcore2": {"level": "WARNING"},
    },
}
