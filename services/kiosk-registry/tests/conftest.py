"""The service over a real MongoDB: reading tests share one register, loading tests have a database of their own."""

import os
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kiosk_registry.application.register.load_centres import LoadCentres, Loaded
from kiosk_registry.bootstrap import KioskRegistry, bootstrap
from kiosk_registry.entrypoints.service import SERVICE
from kiosk_registry.settings import KioskRegistrySettings
from servicekit.mongo import Mongo
from servicekit.testing import internal_headers, programs, settings_for
from servicekit.testing.databases import PreparedDatabases

pytest_plugins = ["servicekit.testing.plugin"]
programs.preload("kiosk_registry.entrypoints.service")

CENTRES = 2_000
Get = Callable[..., TestResponse]


@pytest.fixture(scope="session")
def settings() -> KioskRegistrySettings:
    return settings_for(KioskRegistrySettings)


@pytest.fixture(scope="session")
def loaded_mongo(settings: KioskRegistrySettings) -> Iterator[Mongo]:
    """A database with 2,000 centres, to be read only."""
    if "MONGODB_URI" not in os.environ:
        pytest.fail("this test needs a real server: set MONGODB_URI", pytrace=False)
    with Mongo(settings.mongodb_uri, f"test_{secrets.token_hex(8)}", settings.mongodb_timeout_seconds) as mongo:
        try:
            load(settings, mongo, CENTRES)
            yield mongo
        finally:
            mongo.client.drop_database(mongo.db.name)


@pytest.fixture(scope="session")
def client(settings: KioskRegistrySettings, loaded_mongo: Mongo) -> FlaskClient:
    return SERVICE.flask_app(settings, loaded_mongo).test_client()


@pytest.fixture
def mongo(prepared_databases: PreparedDatabases) -> Iterator[Mongo]:
    """The test's own database, prepared and without a document."""
    with prepared_databases.lend(SERVICE.prepare_database) as mongo:
        yield mongo


@pytest.fixture
def client_of_nothing(settings: KioskRegistrySettings, mongo: Mongo) -> FlaskClient:
    """The API over a database that is prepared and empty."""
    return SERVICE.flask_app(settings, mongo).test_client()


@pytest.fixture
def get(client: FlaskClient) -> Get:
    """GETs a path of the API as a client that may read centres; members are the query."""

    def send(path: str, **query: Any) -> TestResponse:
        headers = internal_headers("kiosk-registry", scopes=["kiosks:read"])
        return client.get(path, query_string=query, headers=headers)

    return send


def load(settings: KioskRegistrySettings, mongo: Mongo, total: int) -> Loaded:
    """Prepares the database and loads `total` centres, as the command does."""
    SERVICE.prepare_database(mongo)
    registry: KioskRegistry = bootstrap(settings, mongo)
    command = LoadCentres(registry.districts_of(None), total, "req_test", lambda _district, _part: None)
    return registry.load_centres(command)
