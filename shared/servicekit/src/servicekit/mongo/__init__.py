"""MongoDB: one client per process, transactions, and the collections the chassis owns in every service's database.

The chassis owns four collections: ``outbox``, ``inbox``, ``idempotency`` and ``leases``.
"""

from servicekit.mongo.client import Mongo, duplicate_key
from servicekit.mongo.idempotency import Claim, Idempotency, Once
from servicekit.mongo.leases import Lease
from servicekit.mongo.outbox import Outbox

__all__ = ["Claim", "Idempotency", "Lease", "Mongo", "Once", "Outbox", "duplicate_key"]
