"""identity as gunicorn serves it: most tests share one seeded sandbox, the others have a database of their own."""

import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from tests.support.assisting import Counter
from tests.support.keys import ISSUER, KEY_SET, PEOPLE_KEY
from tests.support.signing_in import Browser, Phone
from tests.support.vault import KEY_FILE, key_file

from identity.application.clients.seed_sandbox import SeedSandbox
from identity.bootstrap import Identity, bootstrap
from identity.entrypoints.service import SERVICE
from identity.entrypoints.signing_key_commands import keep_signing_keys
from identity.settings import Settings
from servicekit.instants import utc_now
from servicekit.mongo import Mongo
from servicekit.testing import programs, settings_for
from servicekit.testing.databases import PreparedDatabases

pytest_plugins = ["servicekit.testing.plugin"]
programs.preload("identity.entrypoints.service")


@pytest.fixture(scope="session")
def phone(tmp_path_factory: pytest.TempPathFactory) -> Phone:
    """The sandbox's phone, to which every code comes."""
    return Phone(tmp_path_factory.mktemp("phone") / "codes.json")


@pytest.fixture(scope="session")
def vault_key_store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """VAULT_KEY_STORE: a key file with its first keys."""
    folder = tmp_path_factory.mktemp("vault")
    key_file(folder)
    return f"file:{folder / KEY_FILE}"


@pytest.fixture(scope="session")
def settings(phone: Phone, vault_key_store: str) -> Settings:
    return settings_for(
        Settings,
        ISSUER=ISSUER,
        SIGNING_KEYS=KEY_SET,
        PEOPLE_KEY=PEOPLE_KEY,
        CODE_FILE=str(phone.file),
        VAULT_KEY_STORE=vault_key_store,
    )


@pytest.fixture(scope="session")
def shared_mongo(settings: Settings) -> Iterator[Mongo]:
    """A prepared database for the tests that can share one; `mongo` is a test's own."""
    if "MONGODB_URI" not in os.environ:
        pytest.fail("this test needs a real server: set MONGODB_URI", pytrace=False)
    with Mongo(settings.mongodb_uri, f"test_{secrets.token_hex(8)}", settings.mongodb_timeout_seconds) as made:
        try:
            SERVICE.prepare_database(made)
            yield made
        finally:
            made.client.drop_database(made.db.name)


@pytest.fixture(scope="session")
def identity(settings: Settings, shared_mongo: Mongo) -> Identity:
    return bootstrap(settings, shared_mongo)


@pytest.fixture(scope="session")
def client(settings: Settings, shared_mongo: Mongo, identity: Identity) -> FlaskClient:
    return SERVICE.flask_app(settings, shared_mongo, identity).test_client()


@pytest.fixture(scope="session")
def sandbox(identity: Identity, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The seeded sandbox: the clients of its file, by name. Whoever spoils one takes a load-… client of its own."""
    file: Path = tmp_path_factory.mktemp("sandbox") / "sandbox.json"
    identity.seed_sandbox(SeedSandbox(identity.sandbox_file(file), utc_now()))
    return {each["name"]: each for each in json.loads(file.read_text())["clients"]}


@pytest.fixture
def mongo(prepared_databases: PreparedDatabases) -> Iterator[Mongo]:
    """The test's own database, prepared and without a document."""
    with prepared_databases.lend(SERVICE.prepare_database) as mongo:
        yield mongo


@pytest.fixture
def provider(mongo: Mongo, phone: Phone, tmp_path: Path) -> Identity:
    """identity with keys of its own making, on an empty database."""
    key_file(tmp_path)
    settings = settings_for(
        Settings,
        ISSUER=ISSUER,
        VAULT_KEY_STORE=f"file:{tmp_path / KEY_FILE}",
        PEOPLE_KEY=PEOPLE_KEY,
        CODE_FILE=str(phone.file),
    )
    identity = bootstrap(settings, mongo)
    keep_signing_keys(identity)
    return identity


@pytest.fixture
def browser(client: FlaskClient, sandbox: dict[str, Any], phone: Phone) -> Browser:
    """A new browser of somebody's, over the shared sandbox."""
    return Browser(client.application, phone)


@pytest.fixture
def counter(client: FlaskClient, sandbox: dict[str, Any], phone: Phone) -> Counter:
    """The software of a centre in Jaipur, with somebody before it."""
    return Counter(client, sandbox["kiosk-jaipur"], phone)


@pytest.fixture
def standing_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Second steps all happen at one instant: codes of an app change every half minute, and machines are slow."""
    at = utc_now()
    for module in ("identity.entrypoints.http.sign_in.factor_routes", "tests.support.second_steps"):
        monkeypatch.setattr(f"{module}.utc_now", lambda: at)


@pytest.fixture
def own_identity(settings: Settings, mongo: Mongo) -> Identity:
    """The application on the test's own, empty database."""
    return bootstrap(settings, mongo)


@pytest.fixture
def own_client(settings: Settings, mongo: Mongo, own_identity: Identity) -> FlaskClient:
    """The API over the test's own, empty database."""
    return SERVICE.flask_app(settings, mongo, own_identity).test_client()
