"""A service for the benchmark, declared as every service is: each event it takes is one document.

Run as `python -m tests.load.counting relay` and `… worker`, like any service's processes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import marshmallow as ma
from pymongo.client_session import ClientSession

from servicekit.events import Consumer, ReceivedEvent
from servicekit.mongo import Mongo
from servicekit.service import Service, command_line
from servicekit.settings import ServiceSettings

EVENT = "thing.counted.v1"
EFFECTS = "effects"


@dataclass(frozen=True, kw_only=True)
class CountingSettings(ServiceSettings):
    service_name = "counting"


class ThingCounted(ma.Schema):
    class Meta:
        unknown = ma.EXCLUDE

    payment_id = ma.fields.String(required=True)
    district_code = ma.fields.String(load_default=None, allow_none=True)
    completed_at = ma.fields.AwareDateTime(required=True)


def count(mongo: Mongo, events: Sequence[ReceivedEvent], session: ClientSession) -> None:
    mongo.db[EFFECTS].insert_many([{"_id": event.id, **event.data} for event in events], session=session)


SERVICE = Service(
    name="counting",
    version="0",
    settings=CountingSettings,
    bootstrap=lambda _settings, mongo: mongo,
    blueprints=(),
    publishes=(EVENT,),
    consumes=(Consumer(EVENT, "counting", ThingCounted(), handle_many=count),),
)

if __name__ == "__main__":
    command_line(SERVICE)()
