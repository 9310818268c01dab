"""Where ENVIRONMENT is live, nothing starts without its secrets or with a sandbox's; all is told at once."""

import re
import subprocess
from collections.abc import Mapping
from typing import Any

from emitra_local.environments import Environments
from tests.architecture.conftest import asked, printed
from tests.conftest import ROOT

EXIT_BAD_SETTINGS = 78  # sysexits.h, as servicekit.service.processes
# Secrets that a live service may be without, and why.
OPTIONAL = {
    ("certificates", "ATTACHMENT_KEYS"): "without it no files are taken, and all else goes on",
    ("certificates", "ATTACHMENT_STORE_CREDENTIALS"): "only a store that speaks S3 has them",
    ("identity", "SMS_GATEWAY_TOKEN"): "only a gateway that asks for one gets it",
    ("identity", "SIGNING_KEYS"): "signing keys are made by identity itself, and closed by the vault's key store",
    ("identity", "VAULT_PIN"): "only a PKCS#11 token has one, and then it is required",
}
SANDBOXS = "emitra_test_3kJ9x_vN0qLr8sT2wYb5cD7fGhZ1mPa"
DEFAULT_ADDRESSES = {
    "MONGODB_URI": "mongodb://127.0.0.1:27017/?replicaSet=rs0",
    "AMQP_URL": "amqp://guest:guest@rabbitmq:5672/",
}

_environments = Environments(ROOT)


def refused(service: str, process: str, env: Mapping[str, str]) -> dict[str, str]:
    """What a program says of its settings, by variable, where it starts with nothing but these."""
    _environments.ensure(service)
    command = [str(_environments.program(service, service)), process]
    ended = subprocess.run(
        command, env={"ENVIRONMENT": "live", **env}, capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout) == (EXIT_BAD_SETTINGS, ""), f"{service} {process}: {ended.stderr}"
    first, *lines = ended.stderr.splitlines()
    told = dict(re.fullmatch(r"  ([A-Z_]+): (.+)", line).groups() for line in lines)  # type: ignore[union-attr,misc]
    assert first == f"{len(told)} setting(s) cannot be used:"
    assert not any(value in ended.stderr for value in env.values()), "a value is repeated"
    return told


def settings_of(service: str) -> list[Mapping[str, Any]]:
    return list(asked(service, "settings", "--json"))


def secrets_of(service: str) -> set[str]:
    secrets = {setting["variable"] for setting in settings_of(service) if setting["secret"]}
    return {variable for variable in secrets if (service, variable) not in OPTIONAL}


def test_every_program_of_a_live_service_names_all_that_it_misses_and_does_not_start(service: str) -> None:
    required = {setting["variable"] for setting in settings_of(service) if setting["default"] is None}
    processes = printed(service, "processes").split()
    told = {process: refused(service, process, {}) for process in [*processes, "prepare"]}
    assert required | secrets_of(service) <= told["prepare"].keys()
    assert all("is missing" in problem for problem in told["prepare"].values())
    assert all(process == told["prepare"] for process in told.values())


def test_a_live_service_refuses_what_a_sandbox_made_and_default_credentials(service: str) -> None:
    made = dict.fromkeys(secrets_of(service), SANDBOXS) | DEFAULT_ADDRESSES
    # A key set is no secret, and a sandbox's is refused all the same.
    public = '{"keys": [{"kid": "emitra_test_one", "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg"}]}'
    told = refused(service, "prepare", made | {"INTERNAL_TOKEN_JWKS": public})
    assert made.keys() | {"INTERNAL_TOKEN_JWKS"} <= told.keys()
    assert not [variable for variable in [*made, "INTERNAL_TOKEN_JWKS"] if "is missing" in told[variable]]
    assert "made for a sandbox" in told["CURSOR_SECRET"]
    assert "made for a sandbox" in told["INTERNAL_TOKEN_JWKS"]
    assert "no user and no password" in told["MONGODB_URI"]
    assert "default password" in told["AMQP_URL"]
