"""Every collection says how long it is kept and by which order; what has a time is deleted after it."""

import ast
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.keys import ISSUER, KEY_SET
from typer.testing import CliRunner

import identity.adapters
from identity.adapters.privacy_files import retention
from identity.application.privacy.enforce_retention import EnforceRetention
from identity.bootstrap import Identity
from identity.domain.privacy.retention import Ends
from identity.entrypoints.service import main
from identity.settings import Settings
from servicekit.instants import utc_now
from servicekit.mongo import Mongo

ROWS = retention()


def collections_of_the_code() -> set[str]:
    """Every name by which an adapter gets a collection: db["…"], db[NAME], get_collection("…")."""
    names: set[str] = set()
    for file in Path(identity.adapters.__path__[0]).glob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        constants = {
            target.id: value.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            for targets, values in [_pairs(node)]
            for target, value in zip(targets, values, strict=False)
            if isinstance(target, ast.Name) and isinstance(value, ast.Constant) and isinstance(value.value, str)
        }
        for node in ast.walk(tree):
            match node:
                case ast.Subscript(value=ast.Name(id="db") | ast.Attribute(attr="db" | "_db"), slice=key):
                    names |= {_name(key, constants)}
                case ast.Call(func=ast.Attribute(attr="get_collection"), args=[key, *_]):
                    names |= {_name(key, constants)}
    return names - {""}


def _pairs(node: ast.Assign) -> tuple[list[ast.expr], list[ast.expr]]:
    target = node.targets[0]
    if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
        return target.elts, node.value.elts
    return [target], [node.value]


def _name(key: ast.expr, constants: dict[str, str]) -> str:
    if isinstance(key, ast.Constant) and isinstance(key.value, str):
        return key.value
    # A name that another adapter defines is found there.
    return constants.get(key.id, "") if isinstance(key, ast.Name) else ""


def test_every_collection_has_a_row(mongo: Mongo) -> None:
    names = {*mongo.db.list_collection_names(), *collections_of_the_code()}
    assert {"people", "vault", "outbox", "sent_codes", "consents"} <= names, "the search sees them"
    assert names - ROWS.keys() == set(), "give it a row in retention.json"


def test_a_row_that_ends_by_itself_has_its_ttl_index(mongo: Mongo) -> None:
    for row in ROWS.values():
        ttl = {
            field
            for index in mongo.db[row.collection].list_indexes()
            if "expireAfterSeconds" in index
            for field in index["key"]
        }
        assert ttl == ({row.field} if row.ends is Ends.BY_ITSELF else set()), row.collection


def test_a_time_has_an_order_and_what_has_none_is_unset() -> None:
    for row in ROWS.values():
        assert (row.days is None) or row.order, row.collection
        assert row.ends is not Ends.BY_JOB or row.days, row.collection


@pytest.mark.parametrize("row", [row for row in ROWS.values() if row.ends is Ends.BY_JOB], ids=lambda r: r.collection)
def test_what_was_kept_as_long_as_its_order_says_is_deleted_and_nothing_else(
    own_identity: Identity, mongo: Mongo, row: Any
) -> None:
    at = utc_now()
    ages = {"old": timedelta(days=row.days), "young": timedelta(days=row.days) - timedelta(minutes=1)}
    mongo.db[row.collection].insert_many(
        [{"_id": name, row.field: at - age} for name, age in ages.items()] + [{"_id": "open", row.field: None}]
    )
    mongo.db.vault_readings.insert_one({"_id": "rdg_old", "at": at - timedelta(days=9999)})
    done = own_identity.privacy.enforce_retention(EnforceRetention(at))
    assert done[row.collection] == 1
    assert {kept["_id"] for kept in mongo.db[row.collection].find()} == {"young", "open"}
    assert mongo.db.vault_readings.count_documents({}) == 1


def test_the_command_shows_every_row_and_fails_for_a_collection_without_one(
    settings: Settings, mongo: Mongo, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "MONGODB_URI": settings.mongodb_uri,
        "MONGODB_DATABASE": mongo.db.name,
        "AMQP_URL": settings.amqp_url,
        "INTERNAL_TOKEN_JWKS": settings.internal_token_jwks,
        "CURSOR_SECRET": settings.cursor_secret,
        "ISSUER": ISSUER,
        "SIGNING_KEYS": KEY_SET,
    }.items():
        monkeypatch.setenv(name, value)
    shown = CliRunner().invoke(main, ["retention"])
    assert (shown.exit_code, "unset" in shown.stdout, "rule 8(3)" in shown.stdout) == (0, True, True)
    assert all(name in shown.stdout for name in ROWS)
    mongo.db.scribbles.insert_one({})
    refused = CliRunner().invoke(main, ["retention"])
    assert refused.exit_code == 1
    assert "scribbles: nobody said" in refused.stderr
    assert CliRunner().invoke(main, ["breaches"]).exit_code == 0
