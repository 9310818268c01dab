"""Reading the events that a test's actions put into the outbox."""

import json
from typing import Any

from servicekit.events.outbox import COLLECTION
from servicekit.mongo import Mongo


def published(mongo: Mongo) -> list[dict[str, Any]]:
    """The envelopes of every event in the service's outbox, sent or not, in the order they leave."""
    rows = mongo.db[COLLECTION].find().sort("_id", 1)
    return [json.loads(row["body"]) for row in rows]
