"""MongoDB: one client per process, transactions, and the collections the chassis owns in every service's database.

The chassis owns five collections: ``outbox``, ``inbox``, ``positions``, ``idempotency`` and ``leases``.
"""

from servicekit.mongo.client import Mongo, duplicate_key
from servicekit.mongo.group_commit import GroupCommit
from servicekit.mongo.idempotency import Claim, Idempotency, Once
from servicekit.mongo.leases import Lease
from servicekit.mongo.outbox import Outbox

__all__ = ["Claim", "GroupCommit", "Idempotency", "Lease", "Mongo", "Once", "Outbox", "duplicate_key"]
