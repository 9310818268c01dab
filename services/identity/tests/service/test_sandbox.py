"""Seeding the sandbox, once and again."""

import dataclasses
import json
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from tests.support.asking import ask_as
from tests.support.keys import ISSUER, KEY_SET

from identity.application.clients.errors import SandboxOnly
from identity.application.clients.revoke_client import RevokeClient
from identity.application.clients.seed_sandbox import SeedSandbox
from identity.bootstrap import Identity, bootstrap
from identity.settings import Settings
from servicekit.instants import utc_now
from servicekit.mongo import Mongo
from servicekit.testing import settings_for

NOW = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "sandbox.json"


def shown_in(path: Path) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in json.loads(path.read_text())["clients"]}


def test_a_repeat_keeps_the_secrets_that_are_shown(own_identity: Identity, mongo: Mongo, path: Path) -> None:
    first = own_identity.seed_sandbox(SeedSandbox(own_identity.sandbox_file(path), NOW))
    shown, stored = path.read_text(), list(mongo.db.clients.find())
    again = own_identity.seed_sandbox(SeedSandbox(own_identity.sandbox_file(path), datetime.now(UTC)))
    assert (first.clients, first.new_secrets, again.new_secrets) == (74, 72, 0)
    assert (path.read_text(), list(mongo.db.clients.find())) == (shown, stored)


def test_the_file_is_for_its_owner_only(own_identity: Identity, path: Path) -> None:
    path.parent.mkdir()
    path.write_text("{}")
    path.chmod(0o644)
    own_identity.seed_sandbox(SeedSandbox(own_identity.sandbox_file(path), NOW))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["sandbox.json"]


@pytest.mark.parametrize("left", ["", "[]", '{"clients": [{"client_id"', '{"clients": {}}', None])
def test_a_lost_or_broken_file_is_written_anew_with_secrets_that_work(
    own_identity: Identity, own_client: FlaskClient, path: Path, left: str | None
) -> None:
    own_identity.seed_sandbox(SeedSandbox(own_identity.sandbox_file(path), NOW))
    before = shown_in(path)["kiosk-jaipur"]
    if left is None:
        path.unlink()
    else:
        path.write_text(left)
    assert own_identity.seed_sandbox(SeedSandbox(own_identity.sandbox_file(path), NOW)).new_secrets == 72
    assert ask_as(own_client, before).status_code == 401
    with_secrets = [each for each in shown_in(path).values() if each["kind"] != "app"]
    assert {ask_as(own_client, each).status_code for each in with_secrets} == {200}


def test_only_the_secret_that_does_not_fit_is_replaced(own_identity: Identity, path: Path) -> None:
    own_identity.seed_sandbox(SeedSandbox(own_identity.sandbox_file(path), NOW))
    before = shown_in(path)
    path.write_text(path.read_text().replace(before["kiosk-jaipur"]["client_secret"], "another"))
    assert own_identity.seed_sandbox(SeedSandbox(own_identity.sandbox_file(path), NOW)).new_secrets == 1
    changed = {name for name, each in shown_in(path).items() if each != before[name]}
    assert changed == {"kiosk-jaipur"}


def test_a_repeat_brings_back_a_client_that_was_revoked(
    own_identity: Identity, own_client: FlaskClient, path: Path
) -> None:
    own_identity.seed_sandbox(SeedSandbox(own_identity.sandbox_file(path), NOW))
    own_identity.revoke_client(RevokeClient("cli_sandbox_portal_sandbox", utc_now()))
    own_identity.seed_sandbox(SeedSandbox(own_identity.sandbox_file(path), NOW))
    assert ask_as(own_client, shown_in(path)["portal-sandbox"]).status_code == 200


def test_the_file_says_who_the_clients_people_and_officers_are(
    own_identity: Identity, mongo: Mongo, path: Path
) -> None:
    own_identity.seed_sandbox(SeedSandbox(own_identity.sandbox_file(path), NOW))
    written = json.loads(path.read_text())
    officer = shown_in(path)["officer-tehsildar-jaipur"]
    assert set(written) == {"clients", "people", "officers"}
    assert shown_in(path)["kiosk-jaipur"]["kiosk_id"] == "ksk_RJ10200001"
    assert (officer["person"]["designation"], officer["person"]["designation_hi"]) == ("Tehsildar", "तहसीलदार")
    assert {each["client_id"] for each in written["officers"]} == {
        each["client_id"] for each in written["clients"] if "person" in each
    }
    known = {person["_id"]: person["name"] for person in mongo.db.people.find()}
    assert known == {each["person_id"]: each["name"] for each in written["people"] + written["officers"]}


def test_nothing_is_seeded_where_it_is_live(mongo: Mongo, path: Path) -> None:
    sandbox = settings_for(Settings, ISSUER=ISSUER, SIGNING_KEYS=KEY_SET, VAULT_KEY_STORE="file:/nowhere")
    live = dataclasses.replace(sandbox, environment="live")
    live_identity = bootstrap(live, mongo)
    with pytest.raises(SandboxOnly):
        live_identity.seed_sandbox(SeedSandbox(live_identity.sandbox_file(path), NOW))
    assert [name for name in mongo.db.list_collection_names() if mongo.db[name].find_one()] == []
    assert not path.exists()
