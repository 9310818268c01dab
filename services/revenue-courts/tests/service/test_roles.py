"""Every operation in every role."""

from tests.support.world import World

from revenue_courts.entrypoints.service import SERVICE
from servicekit.testing.roles import misjudged


def test_every_operation_lets_in_whom_its_document_names_and_nobody_else(world: World) -> None:
    assert misjudged(SERVICE, world.http) == []
