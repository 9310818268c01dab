"""services/<service>/deploy-local.toml: what a service says about being run on one machine.

    [env]                      # settings of its own, beside the common ones
    BILLER_NETWORK_URL = "{biller_url}"
    VAULT_KEY = "{secret:vault}"

    [[seed]]                   # commands after the service's own program, once the database is prepared; repeatable
    args = ["seed-sandbox", "--out", "{state_dir}/sandbox.json"]
    progress = true            # its output is shown

Values may use {gateway_url}, {<service>_url} (hyphens as underscores), {biller_url}, {psp_url}, {routes_dir},
{state_dir} (a folder of the service's own), {secret:NAME} (32 random bytes, the same for every service that names it),
{ed25519:NAME} (a private key as JWK JSON), {ed25519_public_jwks:NAME} and {oct_jwks:NAME} (a set of one symmetric key).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emitra_local.problems import CannotStart
from emitra_local.secret_store import SecretStore

FILE = "deploy-local.toml"
_REFERENCE = re.compile(r"\{([a-z0-9_]+)(?::([a-z0-9-]+))?\}")


@dataclass(frozen=True)
class Seed:
    """One command of the service that fills its database; its output is shown when `progress`."""

    args: tuple[str, ...]
    progress: bool


@dataclass(frozen=True)
class ServiceSettings:
    """A service's own settings and seeds, with every reference replaced."""

    env: dict[str, str]
    seeds: tuple[Seed, ...]


def read(folder: Path, places: Mapping[str, str], secrets: SecretStore) -> ServiceSettings:
    """The service's file with references replaced by `places` and `secrets`; empty where there is no file.

    Raises CannotStart naming the file and what is wrong with it.
    """
    file = folder / FILE
    if not file.exists():
        return ServiceSettings({}, ())

    def replaced(text: object) -> str:
        return _REFERENCE.sub(lambda match: _value(match[1], match[2], places, secrets), str(text))

    try:
        document = tomllib.loads(file.read_text())
        unknown = sorted(set(document) - {"env", "seed"})
        if unknown:
            raise ValueError(f"unknown table {', '.join(unknown)}; there are [env] and [[seed]]")
        seeds = tuple(_seed(seed, replaced) for seed in document.get("seed", []))
        return ServiceSettings({name: replaced(value) for name, value in document.get("env", {}).items()}, seeds)
    except ValueError as error:
        raise CannotStart(f"{file} cannot be used: {error}") from error


def _seed(table: Mapping[str, Any], replaced: Callable[[object], str]) -> Seed:
    if not table.get("args") or set(table) - {"args", "progress"}:
        raise ValueError(f"a [[seed]] has args and may have progress = true; this one has {', '.join(table)}")
    return Seed(tuple(replaced(word) for word in table["args"]), bool(table.get("progress", False)))


def _value(kind: str, name: str | None, places: Mapping[str, str], secrets: SecretStore) -> str:
    made = {
        "secret": secrets.secret,
        "oct_jwks": secrets.oct_jwks,
        "ed25519": secrets.ed25519,
        "ed25519_public_jwks": secrets.ed25519_public_jwks,
    }
    if name is not None and kind in made:
        return made[kind](name)
    if name is None and kind in places:
        return places[kind]
    known = ", ".join([*sorted(places), *(f"{reference}:NAME" for reference in made)])
    raise ValueError(f"unknown reference {{{kind}{':' + name if name else ''}}}; there are {known}")
