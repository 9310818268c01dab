"""A stack that another process of this machine keeps up: its servers, and the commands of its services."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from emitra_local.environments import Environments
from emitra_local.infrastructure import Infrastructure
from emitra_local.secret_store import SecretStore
from emitra_local.stack import Stack
from emitra_local.supervision import Supervisor


@contextmanager
def infrastructure(root: Path, state: Path, say: Callable[[str], None]) -> Iterator[Infrastructure]:
    """The MongoDB and RabbitMQ of the stack in `state`, as they run, or started for this."""
    if Supervisor(state, "").is_up():
        ports = json.loads((state / "ports.json").read_text(encoding="utf-8"))
        secrets = SecretStore(state / "secrets.json")
        yield Infrastructure(Environments(root, say), state, secrets, os.environ, "", failpoints=False, ports=ports)
    else:
        with Stack(root, state, with_services=False, say=say) as stack:
            yield stack.infrastructure


def command(state: Path, service: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """A command of a service, with what its processes run with and `env` on top; whether it failed is the caller's."""
    program = json.loads((state / "programs" / f"{service}-api.json").read_text(encoding="utf-8"))
    words = [program["argv"][0], *arguments]
    return subprocess.run(words, env=program["env"] | env, capture_output=True, text=True, check=False)
