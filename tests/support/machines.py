"""Clients beside those of the sandbox, registered as an engineer registers them."""

import json
import subprocess
from collections.abc import Sequence

from emitra_local.stack import Stack
from tests.support.platform import Client, Platform


def machine(stack: Stack, platform: Platform, scopes: Sequence[str]) -> Client:
    """A department's machine with these scopes."""
    words = [word for scope in scopes for word in ("--scope", scope)]
    created = subprocess.run(
        [
            str(stack.services["identity"].executable),
            "create-client",
            "--name",
            "Benefits",
            "--kind",
            "machine",
            *words,
        ],
        env=stack.env_of("identity", "api"),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    known = json.loads(created.stdout)
    return Client(platform.run_info["gateway_url"], known["client_id"], known["client_secret"], platform.http)
