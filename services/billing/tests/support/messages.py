"""Events of other services, delivered to billing as its worker gets them."""

from copy import deepcopy
from typing import Any

from tests.support.world import World

import emitra_contracts
from billing.entrypoints.service import SERVICE
from servicekit import testing
from servicekit.ids import event_id


def example(event: str, **data: Any) -> dict[str, Any]:
    """The contract's first example of `event` under a new message id, with some of its data replaced."""
    envelope = deepcopy(emitra_contracts.examples(event)[0])
    envelope["id"] = event_id()
    envelope["data"].update(data)
    return envelope


def deliver(world: World, *envelopes: dict[str, Any]) -> None:
    """Have billing's table of events handle them, in one batch."""
    testing.deliver(SERVICE, world.mongo, world.billing, envelopes)
