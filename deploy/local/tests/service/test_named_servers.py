"""Servers that the user names: what is wrong with them is said, and never with a password."""

from pathlib import Path

import pytest
from tests.service.conftest import ROOT

from emitra_local import infrastructure
from emitra_local.environments import Environments
from emitra_local.infrastructure import Infrastructure
from emitra_local.problems import CannotStart
from emitra_local.secret_store import SecretStore
from emitra_local.stack import Stack


def with_mongodb(uri: str, folder: Path) -> Infrastructure:
    environ = {"MONGODB_URI": uri}
    return Infrastructure(
        Environments(ROOT), folder, SecretStore(folder / "secrets.json"), environ, "", failpoints=False, ports={}
    )


@pytest.mark.parametrize(
    ("uri", "sentence"),
    [
        ("mongodb://person:pa55word@127.0.0.1:1/?directConnection=true", "no server that can be used answered"),
        ("mongodb://person:pa55word@127.0.0.1:port/", "not a connection string that the driver can read"),
        ("mongodb://person:pa55word/@127.0.0.1:1/", "not a connection string that the driver can read"),
    ],
)
def test_a_mongodb_that_cannot_be_reached_is_said_without_its_password(
    uri: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(infrastructure, "SERVER_TIMEOUT_MS", 300)

    named = with_mongodb(uri, tmp_path)

    for use in (named.await_mongodb, lambda: named.forget(["billing"])):
        with pytest.raises(CannotStart) as raised:
            use()

        assert "MONGODB_URI" in str(raised.value)
        assert sentence in str(raised.value)
        assert "pa55word" not in str(raised.value)


def test_a_mongodb_that_refuses_the_login_is_named(running: Stack, tmp_path: Path) -> None:
    uri = running.infrastructure_env["MONGODB_URI"].replace("mongodb://", "mongodb://person:pa55word@")

    with pytest.raises(CannotStart) as raised:
        with_mongodb(uri, tmp_path).await_mongodb()

    assert f"127.0.0.1:{running.ports['mongod']}, and it refused us (AuthenticationFailed)" in str(raised.value)
    assert "pa55word" not in str(raised.value)


def test_what_is_made_on_named_servers_is_listed_without_passwords(tmp_path: Path) -> None:
    named = with_mongodb("mongodb://person:pa55word@a.example:27017,b.example:27017/?replicaSet=rs0", tmp_path)
    named.environ = {**named.environ, "AMQP_URL": "amqp://person:pa55word@c.example:5672/"}

    assert named.kept_on_named_servers(["billing", "identity"]) == [
        "databases billing, identity on a.example:27017,b.example:27017",
        "virtual host emitra and users emitra.billing, emitra.identity on c.example",
    ]
