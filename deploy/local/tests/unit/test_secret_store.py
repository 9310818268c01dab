"""Secrets are made once and kept private."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from emitra_local.secret_store import SecretStore


def test_a_secret_survives_a_restart_and_differs_by_name(tmp_path: Path) -> None:
    first = SecretStore(tmp_path / "secrets.json").secret("cursor")

    again = SecretStore(tmp_path / "secrets.json")
    assert again.secret("cursor") == first
    assert again.secret("other") != first
    assert len(first) >= 32


def test_only_the_owner_can_read_the_file(tmp_path: Path) -> None:
    SecretStore(tmp_path / "secrets.json").secret("cursor")

    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_the_published_key_set_is_the_public_half_only(tmp_path: Path) -> None:
    store = SecretStore(tmp_path / "secrets.json")

    private = json.loads(store.ed25519("internal-token"))
    (public,) = json.loads(store.ed25519_public_jwks("internal-token"))["keys"]

    assert public["x"] == private["x"]
    assert public["kid"] == private["kid"]
    assert "d" not in public


def test_a_file_cut_short_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text('{"secret:cur')

    made = SecretStore(tmp_path / "secrets.json").secret("cursor")

    assert SecretStore(tmp_path / "secrets.json").secret("cursor") == made


def test_services_prepared_side_by_side_get_the_same_secrets(tmp_path: Path) -> None:
    store = SecretStore(tmp_path / "secrets.json")

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: store.secret(f"name-{number % 10}"), range(400)))

    assert len(set(made)) == 10
    assert {SecretStore(tmp_path / "secrets.json").secret(f"name-{number}") for number in range(10)} == set(made)


def test_everything_bears_the_mark_by_which_a_live_service_refuses_it(tmp_path: Path) -> None:
    store = SecretStore(tmp_path / "secrets.json")

    assert store.secret("cursor").startswith("emitra_test_")
    for key in (store.ed25519("internal-token"), store.ed25519_public_jwks("internal-token")):
        assert '"kid": "emitra_test_' in key
