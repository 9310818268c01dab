"""Settings for tests: only what a test is about needs to be said."""

import os
from typing import TypeVar

from servicekit.settings import ServiceSettings
from servicekit.testing.tokens import JWKS

S = TypeVar("S", bound=ServiceSettings)

_DEFAULTS = {
    "MONGODB_URI": "mongodb://mongodb.invalid/",
    "AMQP_URL": "amqp://guest:guest@rabbitmq.invalid/",
    "INTERNAL_TOKEN_JWKS": JWKS,
    "CURSOR_SECRET": "a-cursor-secret-that-only-tests-use",
}


def settings_for(settings: type[S], **env: str) -> S:
    """`settings` loaded from `env` over test defaults; of the real environment only where the servers are."""
    servers = {name: os.environ[name] for name in ("MONGODB_URI", "AMQP_URL") if os.environ.get(name)}
    return settings.load({**_DEFAULTS, **servers, **env})
