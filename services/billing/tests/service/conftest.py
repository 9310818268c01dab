"""One service, one database and one pair of simulators for a run; each test brings its own centres and keys."""

import os
import secrets
from collections.abc import Iterator

import pytest
from tests.support.keys import TIMELINE_KEY
from tests.support.simulators import CALLBACK_SECRET, Simulator, simulator
from tests.support.world import World

from billing.application.books.check_books import CheckBooks
from billing.bootstrap import bootstrap
from billing.entrypoints.service import SERVICE
from billing.settings import Settings
from servicekit.instants import utc_now
from servicekit.mongo import Mongo
from servicekit.testing import programs, settings_for
from servicekit.testing.databases import PreparedDatabases

programs.preload("billing.entrypoints.service")


@pytest.fixture(scope="session")
def biller() -> Iterator[Simulator]:
    with simulator("biller") as started:
        yield started


@pytest.fixture(scope="session")
def psp() -> Iterator[Simulator]:
    with simulator("psp") as started:
        yield started


@pytest.fixture(scope="session")
def settings(biller: Simulator, psp: Simulator) -> Settings:
    """Waits of a test's length; everything else as it runs."""
    return settings_for(
        Settings,
        BILLER_NETWORK_URL=biller.url,
        PSP_URL=psp.url,
        BILLER_CALLBACK_SECRET=CALLBACK_SECRET,
        TIMELINE_SIGNING_KEY=TIMELINE_KEY,
        BILLER_TIMEOUT_SECONDS="0.5",
        PSP_TIMEOUT_SECONDS="0.5",
        FIRST_INQUIRY_SECONDS="0.1",
        LONGEST_INQUIRY_SECONDS="0.3",
    )


@pytest.fixture(scope="session")
def world(settings: Settings, biller: Simulator, psp: Simulator) -> Iterator[World]:
    if "MONGODB_URI" not in os.environ:
        pytest.fail("this test needs a real server: set MONGODB_URI", pytrace=False)
    with Mongo(settings.mongodb_uri, f"test_{secrets.token_hex(8)}", settings.mongodb_timeout_seconds) as mongo:
        try:
            SERVICE.prepare_database(mongo)
            billing = bootstrap(settings, mongo)
            app = SERVICE.flask_app(settings, mongo, billing)
            yield World(billing, mongo, app.test_client(), biller, psp)
            # Whatever the tests did through the API, in whatever order, the books must be right at the end.
            books = billing.check_books(CheckBooks(utc_now()))
            assert books.in_order, [finding for finding in books.findings if finding.breaks]
        finally:
            mongo.client.drop_database(mongo.db.name)


@pytest.fixture
def own_mongo(prepared_databases: PreparedDatabases) -> Iterator[Mongo]:
    """The test's own database, prepared and without a document."""
    with prepared_databases.lend(SERVICE.prepare_database) as mongo:
        yield mongo


@pytest.fixture(autouse=True)
def _no_faults(biller: Simulator, psp: Simulator) -> Iterator[None]:
    """What one test breaks must not break the next."""
    yield
    for each in (biller, psp):
        each.faults(latency_ms=0, fail_next=0, hang_next=0, drop_response_next=0)
