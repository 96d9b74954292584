"""An identity provider on loopback: real HTTP, real signatures, keys that rotate, and lies on demand."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

CLIENT_ID, CLIENT_SECRET = "registry", "a-client-secret-of-the-tests"


class IdentityProvider:
    """Issues tokens for whoever the test says; `with` starts and stops it."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {}
        self.asked: list[str] = []  # the paths that were asked for
        self.person: dict[str, Any] = {"sub": "p-1", "preferred_username": "carol", "email": "carol@example.org"}
        self.lies: dict[str, Any] = {}  # claims of the next id token that are not as they should be
        self.codes: dict[str, dict[str, str]] = {}
        self.add_key("first")
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(self))
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> IdentityProvider:
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def add_key(self, name: str, *, curve: bool = False) -> None:
        self.keys[name] = (
            ec.generate_private_key(ec.SECP256R1())
            if curve
            else rsa.generate_private_key(public_exponent=65537, key_size=2048)
        )

    def rotate(self, old: str, new: str) -> None:
        self.add_key(new)
        del self.keys[old]

    def token(self, *, key: str = "first", sign_with: Any = None, algorithm: str = "", **claims: Any) -> str:
        """An access token; a claim of None is left out."""
        now = int(time.time())
        usual = {"iss": self.issuer, "aud": "api://registry", "iat": now, "exp": now + 300, **self.person}
        said = {name: value for name, value in {**usual, **claims}.items() if value is not None}
        private = sign_with if sign_with is not None else self.keys[key]
        usual_algorithm = "ES256" if isinstance(private, ec.EllipticCurvePrivateKey) else "RS256"
        return jwt.encode(said, private, algorithm or usual_algorithm, headers={"kid": key})

    def jwks(self) -> dict[str, Any]:
        entries = []
        for name, key in self.keys.items():
            is_curve = isinstance(key, ec.EllipticCurvePrivateKey)
            algorithm = jwt.algorithms.ECAlgorithm if is_curve else jwt.algorithms.RSAAlgorithm
            public = json.loads(algorithm.to_jwk(key.public_key()))
            entries.append({**public, "kid": name, "use": "sig", "alg": "ES256" if is_curve else "RS256"})
        return {"keys": [*entries, {"kty": "oct", "kid": "shared", "k": "c2VjcmV0"}, {"kty": "EC", "crv": "?"}]}

    def configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "jwks_uri": f"{self.issuer}/jwks",
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        }

    def authorize(self, query: dict[str, str]) -> str:
        """The address the browser is sent back to, as if the person had just signed in."""
        code = secrets.token_urlsafe(8)
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def exchange(self, form: dict[str, str], credentials: str) -> tuple[int, dict[str, Any]]:
        asked = self.codes.pop(form.get("code", ""), None)
        client = form.get("client_id", "") + ":" + form.get("client_secret", "")
        if credentials:
            client = base64.b64decode(credentials.partition(" ")[2]).decode()
        if asked is None or client != f"{CLIENT_ID}:{CLIENT_SECRET}" or not verifies(asked, form):
            return 400, {"error": "invalid_grant"}
        id_token = self.token(**{"aud": CLIENT_ID, "nonce": asked.get("nonce"), **self.lies})
        return 200, {"access_token": "opaque", "token_type": "Bearer", "expires_in": 300, "id_token": id_token}


def verifies(asked: dict[str, str], form: dict[str, str]) -> bool:
    challenge = asked.get("code_challenge")
    if challenge is None:
        return True
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == challenge


def handler_of(provider: IdentityProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            provider.asked.append(address.path)
            query = {name: values[0] for name, values in parse_qs(address.query).items()}
            if address.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.authorize(query))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            answers = {
                "/.well-known/openid-configuration": provider.configuration,
                "/jwks": provider.jwks,
                "/userinfo": lambda: provider.person,
            }
            answer = answers.get(address.path)
            self.say(200, answer()) if answer else self.say(404, {})

        def do_POST(self) -> None:
            provider.asked.append(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self.say(*provider.exchange(form, self.headers.get("Authorization", "")))

        def say(self, status: int, payload: Any) -> None:
            body = json.dumps(payload).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            return None

    return Handler
