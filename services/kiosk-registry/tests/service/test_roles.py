"""Each operation in each role, on the real application: as its document says and not otherwise."""

from flask.testing import FlaskClient

from kiosk_registry.entrypoints.service import SERVICE
from servicekit.testing.roles import misjudged


def test_each_operation_lets_in_the_roles_that_it_names_and_nobody_else(client: FlaskClient) -> None:
    assert misjudged(SERVICE, client) == []
