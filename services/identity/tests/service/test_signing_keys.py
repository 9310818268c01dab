"""Signing keys in the database: the same for every process, closed, rotated by command and by the worker's job."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from flask.testing import FlaskClient
from tests.support.asking import ask_as, body_of
from tests.support.keys import ISSUER, KEY_SET
from tests.support.vault import KEY_FILE, key_file
from typer.testing import CliRunner, Result

from identity.adapters import mongo_signing_keys
from identity.adapters.key_stores.key_file import KeyFile
from identity.adapters.mongo_signing_keys import MongoSigningKeys
from identity.application.tokens.errors import NoSigningKey
from identity.application.tokens.remove_signing_key import RemoveSigningKey
from identity.application.tokens.retire_signing_keys import RetireSigningKeys
from identity.application.tokens.rotate_signing_keys import RotateSigningKeys
from identity.application.vault.envelope import Envelope
from identity.bootstrap import Identity, bootstrap
from identity.domain.clients.client import Algorithm
from identity.domain.tokens.signing_keys import VERIFIES_FOR
from identity.entrypoints.service import SERVICE, main
from identity.entrypoints.signing_key_commands import keep_signing_keys
from identity.settings import Settings
from servicekit.instants import utc_now
from servicekit.mongo import Mongo
from servicekit.testing import settings_for

AT_ONCE, OVERLAP = timedelta(0), timedelta(minutes=10)
Run = Callable[..., Result]


@pytest.fixture
def opened(mongo: Mongo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Identity:
    """identity with a key store and without a key of the setting's, on an empty database."""
    monkeypatch.setattr(mongo_signing_keys, "REREAD_SECONDS", 0.0)
    key_file(tmp_path)
    return another(mongo, tmp_path)


def another(mongo: Mongo, tmp_path: Path, **env: str) -> Identity:
    """One more process."""
    return bootstrap(settings_of(tmp_path, **env), mongo)


def settings_of(tmp_path: Path, **env: str) -> Settings:
    return settings_for(Settings, ISSUER=ISSUER, VAULT_KEY_STORE=f"file:{tmp_path / KEY_FILE}", **env)


def rotate(identity: Identity, ago: timedelta, overlap: timedelta = AT_ONCE) -> list[str]:
    return identity.signing.rotate(RotateSigningKeys(overlap=overlap, at=utc_now() - ago))


def kid_of(identity: Identity) -> str:
    return str(jwt.get_unverified_header(identity.signing.signer.sign({}))["kid"])


def published(identity: Identity) -> list[str]:
    return sorted(key["kid"] for key in identity.signing.signer.public_keys(*Algorithm)["keys"])


def test_without_a_key_nothing_is_signed_and_the_caller_is_told_to_come_back(opened: Identity) -> None:
    with pytest.raises(NoSigningKey):
        opened.signing.signer.sign({})
    keep_signing_keys(opened)
    assert kid_of(opened).startswith("eddsa-")


def test_every_process_signs_with_the_same_key_and_reads_the_others_tokens(
    opened: Identity, mongo: Mongo, tmp_path: Path
) -> None:
    other = another(mongo, tmp_path)
    keep_signing_keys(opened)
    keep_signing_keys(other)
    assert kid_of(opened) == kid_of(other)
    assert len(published(other)) == 2
    claims = {"iss": ISSUER, "aud": "emitra", "exp": int(utc_now().timestamp()) + 60}
    assert other.signing.signer.read(opened.signing.signer.sign(claims), utc_now()) == claims


def test_a_new_key_is_published_before_it_signs_and_the_old_one_verifies_until_its_tokens_end(
    opened: Identity, mongo: Mongo, tmp_path: Path
) -> None:
    other = another(mongo, tmp_path)
    first = rotate(opened, timedelta(hours=2))
    coming = rotate(opened, AT_ONCE, OVERLAP)
    assert published(other) == sorted(first + coming)
    assert kid_of(other) == first[0]
    opened.signing.remove(RemoveSigningKey(coming[0], utc_now()))
    second = rotate(opened, VERIFIES_FOR - timedelta(seconds=30))
    assert kid_of(other) == second[0]
    assert opened.signing.retire(RetireSigningKeys(utc_now())) == []
    assert set(opened.signing.retire(RetireSigningKeys(utc_now() + timedelta(seconds=31)))) == set(first)
    assert first[0] not in published(other)


def test_the_worker_makes_the_next_keys_in_time_and_takes_the_ended_ones_away(
    opened: Identity, mongo: Mongo, tmp_path: Path
) -> None:
    daily = another(mongo, tmp_path, SIGNING_KEY_DAYS="1")
    old = rotate(opened, timedelta(hours=25))
    keep_signing_keys(daily)
    assert len(published(opened)) == 4
    assert kid_of(opened) == old[0]
    keep_signing_keys(daily)
    assert len(published(opened)) == 4
    # Twenty minutes after the next ones began, nothing of the old ones' counts.
    began = rotate(opened, timedelta(minutes=20))
    keep_signing_keys(daily)
    assert not set(old) & set(published(opened))
    assert kid_of(opened) == began[0]
    assert SERVICE.processes == ["api", "worker", "relay"]
    assert keep_signing_keys in [job.run for job in SERVICE.jobs]


def test_tokens_of_a_key_of_the_setting_count_on_until_the_setting_is_gone(
    opened: Identity, mongo: Mongo, tmp_path: Path
) -> None:
    del opened
    before = another(mongo, tmp_path, SIGNING_KEYS=KEY_SET)
    claims = {"iss": ISSUER, "aud": "emitra", "exp": int(utc_now().timestamp()) + 60}
    token = before.signing.signer.sign(claims)
    assert kid_of(before) == "key-1"
    rotate(before, timedelta(seconds=10))
    # The first that is made here waits, as every other.
    made = rotate(before, OVERLAP, OVERLAP)
    assert kid_of(before) == made[0]
    assert before.signing.signer.read(token, utc_now()) == claims
    after = another(mongo, tmp_path)
    assert "key-1" not in published(after)
    assert after.signing.signer.read(token, utc_now()) is None


def test_neither_the_database_nor_a_changed_name_gives_a_key(opened: Identity, mongo: Mongo, tmp_path: Path) -> None:
    first, _ = rotate(opened, timedelta(hours=1))
    private = opened.signing.keys.open_keys()[0].key.as_dict(private=True)["d"]  # type: ignore[attr-defined]
    row = mongo.db.signing_keys.find_one({"_id": first})
    assert row is not None
    assert private.encode() not in row["sealed"]["ciphertext"]
    assert private not in str(row)
    # Somebody who can write there, but has no key of the vault's, cannot have an old key sign again.
    mongo.db.signing_keys.insert_one({**row, "_id": "eddsa-20261127T000000Z"})
    assert "eddsa-20261127T000000Z" not in published(another(mongo, tmp_path))


def test_a_vault_key_that_signing_keys_need_stays_until_they_are_sealed_anew(
    opened: Identity, tmp_path: Path, mongo: Mongo
) -> None:
    rotate(opened, timedelta(hours=1))
    signing = kid_of(opened)
    keys = KeyFile(tmp_path / KEY_FILE)
    (old,) = [key_id for key_id in keys.key_ids() if key_id.startswith("wrap-")]
    keys.add("wrap-20261127T000000Z")
    run = runner(tmp_path, mongo)
    refused = run("vault", "remove-key", old)
    assert (refused.exit_code, "2 record(s)" in refused.stderr) == (1, True), refused.stderr
    assert run("vault", "reencrypt").stdout == "2 records are sealed anew\n"
    assert run("vault", "remove-key", old).exit_code == 0
    assert kid_of(another(mongo, tmp_path)) == signing


def test_what_was_read_is_used_while_the_key_store_is_away(opened: Identity, mongo: Mongo, tmp_path: Path) -> None:
    first, _ = rotate(opened, timedelta(hours=1))
    assert kid_of(opened) == first
    (tmp_path / KEY_FILE).unlink()
    second, _ = (f"{kind}-20991231T000000Z" for kind in ("eddsa", "rs256"))
    mongo.db.signing_keys.insert_one(
        {"_id": second, "sealed": (mongo.db.signing_keys.find_one({"_id": first}) or {})["sealed"]}
    )
    assert kid_of(opened) == first
    assert second not in published(opened)
    with pytest.raises(NoSigningKey):
        another(mongo, tmp_path).signing.signer.sign({})


def test_what_was_read_is_used_while_the_database_is_away(opened: Identity, mongo: Mongo, tmp_path: Path) -> None:
    first, _ = rotate(opened, timedelta(hours=1))
    settings = settings_of(tmp_path)
    with Mongo(settings.mongodb_uri, mongo.db.name, settings.mongodb_timeout_seconds) as own:
        keys = MongoSigningKeys(own, Envelope(KeyFile(tmp_path / KEY_FILE)), ())
        assert first in [key.id for key in keys.open_keys()]
    assert first in [key.id for key in keys.open_keys()]  # its connection is closed


def runner(tmp_path: Path, mongo: Mongo, **more: str) -> Run:
    """Runs `identity` with the given words."""
    settings = settings_of(tmp_path)
    env = {
        "MONGODB_URI": settings.mongodb_uri,
        "MONGODB_DATABASE": mongo.db.name,
        "AMQP_URL": settings.amqp_url,
        "INTERNAL_TOKEN_JWKS": settings.internal_token_jwks,
        "CURSOR_SECRET": settings.cursor_secret,
        "ISSUER": ISSUER,
        "VAULT_KEY_STORE": settings.vault_key_store,
        "COLUMNS": "200",
        **more,
    }
    return lambda *words: CliRunner().invoke(main, words, env=env)


def test_an_engineer_rotates_looks_and_removes(opened: Identity, mongo: Mongo, tmp_path: Path) -> None:
    run = runner(tmp_path, mongo)
    first = run("rotate-signing-keys", "--first").stdout.split()
    assert "already" in run("rotate-signing-keys", "--first").stdout
    second = run("rotate-signing-keys", "--after", "3600").stdout.split()
    listed = dict(line.split() for line in run("signing-keys").stdout.splitlines())
    assert listed == dict.fromkeys(first, "signing") | dict.fromkeys(second, "coming")
    assert run("retire-signing-keys").stdout == "every key is needed\n"
    refused = run("remove-signing-key", first[0])
    assert (refused.exit_code, "signs" in refused.stderr) == (1, True)
    assert run("remove-signing-key", second[0]).exit_code == 0
    assert second[0] not in published(opened)


def test_without_a_key_store_a_rotation_names_the_setting(mongo: Mongo, tmp_path: Path) -> None:
    run = runner(tmp_path, mongo, VAULT_KEY_STORE="", SIGNING_KEYS=KEY_SET)
    done = run("rotate-signing-keys")
    assert (done.exit_code, "VAULT_KEY_STORE" in done.stderr) == (1, True)
    # What sets a sandbox up runs with the settings of an earlier release, too.
    assert run("rotate-signing-keys", "--first").exit_code == 0


def test_tokens_of_the_endpoint_are_of_the_stored_key_and_its_key_set_verifies_them(
    opened: Identity, mongo: Mongo, tmp_path: Path
) -> None:
    keep_signing_keys(opened)
    http: FlaskClient = SERVICE.flask_app(settings_of(tmp_path), mongo, opened).test_client()
    run = runner(tmp_path, mongo)
    made = run("create-client", "--name", "System", "--kind", "machine", "--scope", "billers:read")
    token = body_of(ask_as(http, json.loads(made.stdout)))["access_token"]
    key_set: Any = body_of(http.get("/.well-known/jwks.json"))
    of_eddsa = {"EdDSA": ["alg", "crv", "kid", "kty", "use", "x"]}
    assert {key["alg"]: sorted(key) for key in key_set["keys"]} == of_eddsa
    of_both: Any = body_of(http.get("/.well-known/openid-jwks.json"))
    of_rs256 = {"RS256": ["alg", "e", "kid", "kty", "n", "use"]}
    assert {key["alg"]: sorted(key) for key in of_both["keys"]} == of_eddsa | of_rs256
    key = jwt.PyJWKSet.from_dict(key_set)[jwt.get_unverified_header(token)["kid"]]
    assert jwt.decode(token, key, algorithms=["EdDSA"], audience="emitra")["scope"] == "billers:read"
