"""The gateway as it runs, in front of real HTTP servers that stand where the other services stand."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from flask import Flask
from tests.support.access import ISSUER, Identity, internal_key
from tests.support.documents import BILLING, IDENTITY
from tests.support.foreign_services import ForeignService, Reply, foreign_service
from werkzeug.test import Client

from gateway.bootstrap import Gateway, bootstrap
from gateway.entrypoints.service import SERVICE
from gateway.settings import GatewaySettings
from servicekit.mongo import Mongo
from servicekit.testing import settings_for


@dataclass
class Stage:
    """A gateway with billing and identity behind it."""

    identity: Identity
    billing: ForeignService
    identity_server: ForeignService
    routes_dir: Path
    environ: dict[str, str]
    internal_jwks: str
    app: Flask = field(init=False)
    gateway: Gateway = field(init=False)

    def publish(self, service: str, document: dict[str, Any], url: str) -> None:
        """Puts a service's two files where the gateway looks for them, and has it look."""
        (self.routes_dir / f"{service}.url").write_text(url)
        (self.routes_dir / f"{service}.yaml").write_text(yaml.safe_dump(document))
        self.gateway.routes.read()

    def call(self, method: str, target: str, token: str | None = None, **kwargs: Any) -> Any:
        """The answer as werkzeug's TestResponse; Any, because tests know what is in its JSON."""
        headers = dict(kwargs.pop("headers", {}))
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return Client(self.app.wsgi_app, use_cookies=False).open(target, method=method, headers=headers, **kwargs)


@contextmanager
def staged(routes_dir: Path, mongo: Mongo, services: Sequence[str] = ("billing", "identity")) -> Iterator[Stage]:
    identity = Identity()
    private, public = internal_key()
    routes_dir.mkdir()
    with foreign_service() as billing, foreign_service() as identity_server:
        identity_server.reply = lambda _: Reply(body=identity.key_set())
        environ = {
            "ROUTES_DIR": str(routes_dir),
            "JWKS_URL": f"{identity_server.url}/.well-known/jwks.json",
            "ISSUER": ISSUER,
            "INTERNAL_TOKEN_KEY": private,
            "INTERNAL_TOKEN_JWKS": public,
        }
        stage = Stage(identity, billing, identity_server, routes_dir, environ, public)
        settings = settings_for(GatewaySettings, **environ)
        stage.gateway = bootstrap(settings, mongo)
        stage.app = SERVICE.flask_app(settings, mongo, stage.gateway)
        documents = {"billing": (BILLING, billing.url), "identity": (IDENTITY, identity_server.url)}
        for name in services:
            stage.publish(name, *documents[name])
        try:
            yield stage
        finally:
            stage.gateway.routes.stop()
            stage.gateway.withdrawals.stop()
            stage.gateway.upstreams.close()
