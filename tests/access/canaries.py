"""A registry full of secrets that can be recognised, worked on by everybody: for those who search it for them."""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urljoin, urlsplit

from tests.conftest import ROOT, bare_environment
from tests.fakes.provider import FakeProvider, Reply, Seen, json_reply
from tests.ports import free_port

PASSWORD_LINE = re.compile(r"First admin: user admin, password (\S+)")
LINK = re.compile(r"""(?:href|formaction|action)="([^"#]+)""")
NUMBER = re.compile(r"\d+")


def canary(name: str) -> str:
    """A secret of its own, strong enough to be one."""
    return f"{name}{secrets.token_hex(24)}Zq"


def in_environment() -> dict[str, str]:
    return {
        "SECRET_KEY": canary("secretKey"),
        "ENCRYPTION_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "ADMIN_API_KEY": canary("adminKey"),
        "DEEPSEEK_API_KEY": canary("fromEnvironment"),
        "OIDC_CLIENT_SECRET": canary("oidcSecret"),
    }


@dataclass
class World:
    """A served registry, its secrets by name, and where everything is."""

    folder: Path
    provider: FakeProvider
    environment: dict[str, str]
    port: int = field(default_factory=free_port)
    secrets: dict[str, str] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)  # bodies of answers to what was wrong
    arguments: list[str] = field(default_factory=list)  # of processes, seen while they ran
    calls: list[tuple[int, str]] = field(default_factory=list)  # of models: status and what was said
    process: Any = None

    @property
    def database(self) -> Path:
        return self.folder / "registry.sqlite3"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def variables(self) -> dict[str, str]:
        settings = {
            "DATABASE_URL": f"sqlite:///{self.database}",
            "LOG_LEVEL": "DEBUG",
            "OIDC_ISSUER": f"{self.provider.url}/identity",
            "OIDC_CLIENT_ID": "registry",
            "PYTHONUNBUFFERED": "1",
        }
        return bare_environment(**self.environment, **settings)

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=ROOT, env=self.variables(), capture_output=True, text=True, timeout=120)

    def visitor(self, **headers: str) -> Visitor:
        return Visitor(f"http://127.0.0.1:{self.port}", headers)

    def admin(self) -> Visitor:
        return self.visitor(Authorization=f"Bearer {self.environment['ADMIN_API_KEY']}")

    def signed_in(self) -> Visitor:
        browser = self.visitor()
        browser.get("/admin/login/")
        browser.sign_in("admin", self.secrets["password"])
        return browser


class Visitor:
    """One who asks the registry, with cookies like a browser."""

    def __init__(self, base: str, headers: Mapping[str, str]) -> None:
        self.base, self.headers, self.jar = base, headers, CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, str, str]:
        """Status, what was said (headers too), and the kind of it."""
        request = urllib.request.Request(urljoin(self.base, path), body, {**self.headers, **headers}, method=method)
        try:
            response = self.opener.open(request, timeout=30)
        except urllib.error.HTTPError as error:
            response = error
        with closing(response):
            said = f"{response.headers}\n{response.read().decode(errors='replace')}"
            return int(response.status or 0), said, response.headers.get_content_type()

    def get(self, path: str) -> tuple[int, str, str]:
        return self.ask("GET", quote(path, safe="/?&=%:+,"))

    def send(self, method: str, path: str, body: Any) -> tuple[int, str]:
        return self.ask(method, path, json.dumps(body).encode(), **{"Content-Type": "application/json"})[:2]

    def sign_in(self, name: str, password: str) -> str:
        token = next(cookie.value for cookie in self.jar if cookie.name == "csrftoken")
        form = urlencode({"username": name, "password": password, "csrfmiddlewaretoken": token, "next": "/admin/"})
        return self.ask("POST", "/admin/login/", form.encode(), Referer=f"{self.base}/admin/login/")[1]

    def crawl(self, start: str, *, alike: int = 3) -> Iterator[tuple[str, str]]:
        """All pages a browser reaches by links, at most some of each kind: those whose addresses differ by numbers."""
        waiting, known, kinds = [start], {start}, dict[str, int]()
        while waiting:
            path = waiting.pop(0)
            status, said, kind = self.get(path)
            if status in (404, 405):
                continue
            yield path, said
            for link in LINK.findall(said) if kind == "text/html" else ():
                parts = urlsplit(urljoin(self.base + path, unescape(link)))
                found = parts.path + (f"?{parts.query}" if parts.query else "")
                shape = NUMBER.sub("0", parts.path) + "?" * bool(parts.query)
                if parts.netloc != urlsplit(self.base).netloc or found in known or parts.path.startswith("/static"):
                    continue
                if kinds.get(shape, 0) < alike:
                    kinds[shape] = kinds.get(shape, 0) + 1
                    known.add(found)
                    waiting.append(found)


class Echo:
    """Says what it was told, in another way each time."""

    turn = -1

    def __call__(self, seen: Seen) -> Reply:
        self.turn += 1
        key = seen.headers.get("authorization", "").removeprefix("Bearer ")
        told = f"Bearer {key} {seen.headers.get('x-canary', '')}"
        shapes = [
            json_reply({"error": {"message": f"Incorrect API key provided: {key}.", "code": told}}, 401),
            json_reply({"data": [{"id": key, "name": told}]}, headers={"ETag": f'"{key}"'}),
            Reply(status=302, headers={"Location": f"https://{key}.example/?key={key}"}),
            json_reply({"detail": f"{told}: {key[:14]}"}, 500),
            json_reply({"success": False, "message": f"https://x.example/?key={key}"}),
            Reply(headers={"Content-Type": "text/html"}, body=f"<title>{key}</title>".encode()),
        ]
        return shapes[self.turn % len(shapes)]


class EchoOfCalls:
    """The same of calls: before the answer, instead of it, and within."""

    told = ("refused", "event", "refused", "torn", "refused")
    shapes = (*told, "fault", "inside", "page", "elsewhere", "fault", "refused", "page", "inside", "elsewhere", "page")

    def __init__(self) -> None:
        self.turn = -1

    def __call__(self, seen: Seen) -> Reply:
        self.turn += 1
        key, header = seen.headers.get("authorization", "").removeprefix("Bearer "), seen.headers.get("x-canary", "")
        said = {"error": {"message": f"Key {key} with {header} is wrong.", "code": key, "type": header, "param": key}}
        first = b'data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}\n\n'
        match self.shapes[self.turn % len(self.shapes)]:
            case "refused":
                return json_reply(said, 400, {"X-Key": key, "Set-Cookie": f"key={key}"})
            case "fault":
                return Reply(status=500, body=f"{key} {header} {key[:20]}".encode())
            case "inside":
                return json_reply(said)
            case "page":
                return Reply(headers={"Content-Type": "text/html"}, body=f"<title>{key}</title>{header}".encode())
            case "elsewhere":
                return Reply(status=302, headers={"Location": f"https://{key}.example/?key={header}"})
            case "event":
                events = [first, b"data: " + json.dumps(said).encode() + b"\n\n"]
            case _:
                events = [first, f"data: {key} {header}\n\n".encode()]
        return Reply(headers={"Content-Type": "text/event-stream"}, body=events)


def slowly(reply: Reply) -> Reply:
    return Reply(status=reply.status, headers=reply.headers, body=reply.body, wait=1.0)


@contextmanager
def a_world(folder: Path, provider: FakeProvider) -> Iterator[World]:
    world = World(folder=folder, provider=provider, environment=in_environment())
    world.secrets |= world.environment
    with world.log.open("w") as log:
        world.process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--port", str(world.port)],
            cwd=ROOT,
            env=world.variables(),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(world)
        fill(world)
        yield world
    finally:
        world.process.terminate()
        world.process.wait(timeout=30)


def wait_for(world: World) -> None:
    for _ in range(600):
        said = world.log.read_text()
        if "Model Registry: http" in said:
            world.secrets["password"] = PASSWORD_LINE.findall(said)[0]
            return
        if world.process.poll() is not None:
            break
        time.sleep(0.1)
    raise AssertionError(world.log.read_text())


def fill(world: World) -> None:
    """Plant the secrets through every door there is, have them used, and have them refused."""
    for name in (
        "first provider key",
        "provider key",
        "model key",
        "header",
        "tested key",
        "refused key",
        "wrong password",
    ):
        world.secrets[name] = canary(name.replace(" ", ""))
    plant(world)
    be_refused(world)
    call(world)
    test_and_call(world)
    sync(world)


def plant(world: World) -> None:
    admin, known, url = world.admin(), world.secrets, f"{world.provider.url}/v1"
    openai, deepseek = "/api/admin/providers/openai", "/api/admin/providers/deepseek"
    model = {
        "name": "Canary",
        "modelId": "canary",
        "provider": "custom",
        "baseUrl": url,
        "apiKey": known["model key"],
        "authHeaders": {"X-Canary": known["header"]},
    }
    answers = [
        admin.send("PATCH", openai, {"baseUrl": url, "apiKey": known["first provider key"]}),
        admin.send("PATCH", openai, {"apiKey": known["provider key"], "reason": "the first one leaked"}),
        admin.send("PATCH", deepseek, {"baseUrl": url, "confirmEnvKey": True}),
        admin.send("POST", "/api/admin/models", model),
        admin.send("PATCH", "/api/admin/providers/custom", {"isActive": True}),
    ]
    assert {status for status, _ in answers} <= {200, 201}, answers
    world.refusals += [said for _, said in answers]
    made = world.manage("create_api_key", "canary", "--scopes", "admin")
    world.secrets["api key"] = made.stdout.splitlines()[-1]
    program = world.visitor(Authorization=f"Bearer {world.secrets['api key']}")
    deadline = time.monotonic() + 5  # a worker hears of a new key within a second
    while program.get("/api/admin/providers")[0] != 200:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def be_refused(world: World) -> None:
    """Secrets in requests that are wrong, so that something is said about them."""
    key, url = world.secrets["refused key"], world.provider.url
    bodies: list[tuple[str, str, Any]] = [
        ("PATCH", "/api/admin/providers/openai", {"apiKey": f"{key} {key}"}),
        ("PATCH", "/api/admin/providers/openai", {"apiKey": key, "baseUrl": "no address"}),
        ("PATCH", "/api/admin/providers/openai", {"apiKey": [key], "wire": "x"}),
        ("PATCH", "/api/admin/providers/openai", {"apiKey": key, "apiKeyEnv": "SECRET_KEY"}),
        ("PATCH", "/api/admin/providers/nobody", {"apiKey": key}),
        ("POST", "/api/admin/providers", {"slug": "openai", "apiKey": key, "baseUrl": url}),
        ("POST", "/api/admin/providers", {"slug": "-", "apiKey": key}),
        ("POST", "/api/admin/models", {"name": "x", "apiKey": key, "authHeaders": {"Host": key}}),
        (
            "POST",
            "/api/admin/models",
            {"name": "x", "modelId": "y", "baseUrl": url, "authHeaders": {"X-A": f"{key}\n{key}"}},
        ),
        ("POST", "/api/admin/models", {"name": "x", "apiKey": key, "contextWindow": "many"}),
        ("POST", "/api/admin/models", [{"apiKey": key}]),
    ]
    for body in bodies:
        status, said = world.admin().send(*body)
        assert 400 <= status < 500, (body, said)
        world.refusals.append(said)
    cut = f'{{"apiKey": "{key}'.encode()
    world.refusals.append(
        world.admin().ask("POST", "/api/admin/models", cut, **{"Content-Type": "application/json"})[1]
    )
    for scheme in ("Bearer", "Basic", "Token", "Bearer Bearer", ""):
        stranger = world.visitor(Authorization=f"{scheme} {key}".strip())
        for path in (f"/api/config/models?api_key={key}", "/api/admin/providers", "/admin/model-sync/status"):
            world.refusals.append(stranger.get(path)[1])
    browser = world.visitor()
    browser.get("/admin/login/")
    world.refusals += [browser.sign_in(name, world.secrets["wrong password"]) for name in ("admin", "nobody")]


def test_and_call(world: World) -> None:
    """Have keys tested, stored and entered ones, and models called, at a provider that repeats what it is sent."""
    admin, url = world.admin(), f"{world.provider.url}/v1"
    world.provider.serve("/v1/", Echo())
    models = json.loads(admin.get("/api/admin/models?provider=custom")[1].split("\n\n", 1)[1])["models"]
    entered = {
        "provider": "openai",
        "modelId": "x",
        "baseUrl": url,
        "apiKey": world.secrets["tested key"],
        "bill": True,
    }
    talk = {"messages": [{"role": "user", "content": "Hello"}], "modelId": models[0]["id"]}
    for _ in range(6):
        said = [
            admin.send("POST", "/api/models/test-connection", {"id": models[0]["id"], "bill": True}),
            admin.send("POST", "/api/models/test-connection", entered),
            admin.send("POST", "/api/models/test-connection", {"provider": "openai"}),
            admin.send("POST", "/api/chat", talk),
            admin.send("POST", "/api/chat", {**talk, "stream": True}),
        ]
        assert [status for status, _ in said[:3]] == [200] * 3, said
        world.refusals += [text for _, text in said]
    done = world.manage("test_connections", "--models", "custom/canary", "--providers", "openai", "--bill")
    world.refusals.append(done.stdout + done.stderr)


def sync(world: World) -> None:
    """Have the keys sent to a provider that repeats them, by the server's own process and by the command."""
    echo = Echo()
    world.provider.serve("/v1/models", lambda seen: slowly(echo(seen)))
    watched = threading.Thread(target=watch, args=(world,))
    watched.start()
    said = [world.admin().send("POST", f"/admin/model-sync/provider/{slug}", {})[1] for slug in ("openai", "deepseek")]
    watched.join()
    world.provider.serve("/v1/models", echo)
    runs = [world.manage("sync_models", "--providers", "openai", "deepseek", "--force", "--verbose") for _ in range(2)]
    world.refusals += [*said, *(run.stdout + run.stderr for run in runs)]


def call(world: World) -> None:
    """Call a model whose provider repeats its key wherever it fails, and send keys where none belong."""
    world.secrets["gateway key"] = world.manage("create_api_key", "caller").stdout.splitlines()[-1]
    caller = world.visitor(Authorization=f"Bearer {world.secrets['gateway key']}")
    world.provider.serve("/v1/chat/completions", EchoOfCalls())
    chat = {"model": "custom/canary", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 9}
    deadline = time.monotonic() + 10  # until the gateway knows of the model
    while caller.send("POST", "/v1/chat/completions", chat)[0] in (403, 404):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    for turn in range(24):  # breakers open, which is told of too
        path = "/v1/messages" if turn % 4 < 2 else "/v1/chat/completions"
        world.calls.append(caller.send("POST", path, {**chat, "stream": bool(turn % 2)}))
    del world.provider.routes["/v1/chat/completions"]
    refused = world.secrets["refused key"]
    stranger = world.visitor(Authorization=f"Bearer {refused}")
    in_paths = (f"/{refused}", f"/v1/{refused}", f"/v1/models/{refused}", f"/api/admin/models/{refused}")
    world.refusals += [caller.get(path)[1] for path in in_paths]
    for path in (f"/v1/models?key={refused}", "/v1/models", "/v1/messages", *in_paths):
        world.refusals += [stranger.get(path)[1], world.visitor(**{"x-api-key": refused}).get(path)[1]]
    world.refusals += [said for _, said in world.calls]


def watch(world: World) -> None:
    """The arguments of all processes that descend from the server, while a sync runs."""
    for _ in range(30):
        for pid in descendants(world.process.pid):
            try:
                line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if line not in world.arguments:
                world.arguments.append(line)
        time.sleep(0.1)


def descendants(root: int) -> list[int]:
    parents = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int(Path(entry.path, "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def told(world: World) -> set[str]:
    """The names of the secrets that the provider was sent."""
    seen = "\n".join(repr(request.headers) for request in world.provider.seen)
    return {name for name, secret in world.secrets.items() if secret in seen}


def traces(text: str | bytes, known: Mapping[str, str]) -> list[str]:
    """The secrets found in a text, whole or in part, as they are or in another writing. Four last characters may show.

    Upper and lower case are one: host names change it.
    """
    searched = (text.encode() if isinstance(text, str) else text).lower()
    return [name for name, secret in known.items() if any(form.lower() in searched for form in forms(secret))]


def forms(secret: str) -> list[bytes]:
    raw = secret.encode()
    decoded = base64.urlsafe_b64decode(secret) if secret.endswith("=") else raw
    parts = [raw[4:18], raw[-18:-4], decoded]
    for kind in (base64.b64encode, base64.urlsafe_b64encode):
        # Without the first and last characters, which depend on what stands beside it.
        parts += [kind(b"\0" * shift + raw)[4:-4] for shift in range(3)]
    return [*parts, raw.hex().encode(), decoded.hex().encode(), quote(secret, safe="").encode(), raw[::-1]]
