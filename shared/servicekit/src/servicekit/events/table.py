"""One row of a service's table of events: which event it takes, what it reads of it, and what it does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import Schema
from pymongo.client_session import ClientSession

from servicekit.events.envelope import ReceivedEvent


class Order(Enum):
    """What a consumer promises itself of the order of one aggregate's events, over all rows that say the same."""

    LATEST = "latest"
    """Never an older one after a newer one: what comes late is dropped."""


@dataclass(frozen=True)
class Consumer:
    """One row of a service's table of events: which event it takes, what it reads of it, and what it does.

    `schema` declares only the fields the consumer reads (`unknown = EXCLUDE`). `handle(application, event,
    session)` runs inside the transaction that records the message as handled: it writes through the session and does
    nothing else, may be run again after a transient error, and never sees a message it has handled already.
    A business refusal is a normal outcome, not an exception.

    `handle_many(application, events, session)` stands in its place where the effects of many events can be written
    at once: it gets those of one transaction, one or more, in the order of delivery, and writes the effects of all.
    `takes(event)` looks at nothing but the event; one that is not taken is acknowledged without a trace but a
    count. Raises ValueError unless exactly one of `handle` and `handle_many` is given.

    With an `order`, neither gets an aggregate's event after a later one (see `events.ordering`).

    `money`: handling it, or never handling it, moves or promises money; its dead letters are discarded by two people.
    """

    event: str
    producer: str
    schema: Schema
    handle: Callable[[Any, ReceivedEvent, ClientSession], None] | None = None
    handle_many: Callable[[Any, Sequence[ReceivedEvent], ClientSession], None] | None = None
    takes: Callable[[ReceivedEvent], bool] = lambda _event: True
    order: Order | None = None
    money: bool = False

    def __post_init__(self) -> None:
        if (self.handle is None) == (self.handle_many is None):
            raise ValueError(f"the consumer of {self.event} needs either handle or handle_many")

    @property
    def reads(self) -> dict[str, Any]:
        """What `schema` reads of the event's data, as a JSON Schema with nested schemas written out."""
        # A nested schema without a name is described in its place instead of among components.
        converter = OpenAPIConverter("3.1.0", schema_name_resolver=lambda _: "", spec=APISpec("", "", "3.1.0"))
        return dict(converter.schema2jsonschema(self.schema))
