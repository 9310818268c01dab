"""MongoDB: one client per process, transactions, leases, claims of idempotency keys.

The chassis owns these collections in every service's database: `outbox`, `inbox`, `positions`, `dead_letters`,
`idempotency` and `leases`.
"""

from servicekit.mongo.client import Mongo, duplicate_key
from servicekit.mongo.group_commit import GroupCommit
from servicekit.mongo.idempotency import Claim, Idempotency, Once
from servicekit.mongo.leases import Lease

__all__ = ["Claim", "GroupCommit", "Idempotency", "Lease", "Mongo", "Once", "duplicate_key"]
