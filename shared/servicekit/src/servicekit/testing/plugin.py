"""pytest fixtures: `pytest_plugins = ["servicekit.testing.plugin"]` in a service's tests/conftest.py."""

import base64
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

import pytest
import pytest_socket
import urllib3

from servicekit.mongo import Mongo
from servicekit.testing.databases import TIMEOUT_SECONDS, PreparedDatabases, new_name

_MANAGEMENT_TIMEOUT_SECONDS = 10


@dataclass(frozen=True)
class AmqpVhost:
    """A virtual host of a test's own: its name, and the AMQP URL that leads into it."""

    name: str
    url: str
    management_url: str


def pytest_make_parametrize_id(val: object) -> str | None:
    """Ids have no backslash and only ASCII: mutmut does not find other tests again, and takes that for noticing.

    What they leave out is written as its code point, as in `Ram<2800>Lal`.
    """
    text = val.decode("latin-1") if isinstance(val, bytes) else val
    if not isinstance(text, str) or _is_plain(text):
        return None
    return "".join(letter if _is_plain(letter) else f"<{ord(letter):x}>" for letter in text)


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable() and "\\" not in text


@pytest.fixture(autouse=True)
def _no_sockets_in_unit_tests(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test under a `unit` directory that opens a socket fails: it is not a unit test."""
    if "unit" not in request.path.parts:
        yield
        return
    pytest_socket.disable_socket(allow_unix_socket=False)
    yield
    pytest_socket.enable_socket()


@pytest.fixture
def mongo() -> Iterator[Mongo]:
    """A Mongo on a database that nobody else uses, dropped afterwards. Needs MONGODB_URI."""
    with Mongo(_mongodb_uri(), new_name(), TIMEOUT_SECONDS) as made:
        try:
            yield made
        finally:
            made.client.drop_database(made.db.name)


@pytest.fixture(scope="session")
def prepared_databases() -> Iterator[PreparedDatabases]:
    """Databases of which a fixture lends one to each test, prepared and empty. Needs MONGODB_URI."""
    with PreparedDatabases(_mongodb_uri()) as databases:
        yield databases


@pytest.fixture
def amqp_vhost() -> Iterator[AmqpVhost]:
    """A virtual host made for the test and deleted afterwards. Needs AMQP_URL and RABBITMQ_MANAGEMENT_URL."""
    amqp = urlsplit(_needed("AMQP_URL", "amqp://guest:guest@127.0.0.1:5672/"))
    management = _needed("RABBITMQ_MANAGEMENT_URL", "http://guest:guest@127.0.0.1:15672")
    name = f"test_{secrets.token_hex(8)}"
    user = quote(amqp.username or "guest", safe="")
    _manage(management, "PUT", f"/api/vhosts/{name}")
    try:
        permissions = json.dumps({"configure": ".*", "write": ".*", "read": ".*"})
        _manage(management, "PUT", f"/api/permissions/{name}/{user}", permissions)
        yield AmqpVhost(name, urlunsplit((amqp.scheme, amqp.netloc, f"/{name}", "", "")), management)
    finally:
        _manage(management, "DELETE", f"/api/vhosts/{name}")


def _mongodb_uri() -> str:
    return _needed("MONGODB_URI", "mongodb://127.0.0.1:27017/?directConnection=true")


def _needed(variable: str, example: str) -> str:
    value = os.environ.get(variable)
    if not value:
        pytest.fail(f"this test needs a real server: set {variable}, for example to {example}", pytrace=False)
    return value


def _manage(management_url: str, method: str, path: str, body: str | None = None) -> None:
    at = urlsplit(management_url)
    login = base64.b64encode(f"{at.username}:{at.password}".encode()).decode()
    answer = urllib3.request(
        method,
        f"{at.scheme}://{at.hostname}:{at.port}{path}",
        body=body,
        headers={"Authorization": f"Basic {login}", "Content-Type": "application/json"},
        timeout=_MANAGEMENT_TIMEOUT_SECONDS,
    )
    if answer.status >= 300:
        raise RuntimeError(f"RabbitMQ answered {answer.status} to {method} {path}")
