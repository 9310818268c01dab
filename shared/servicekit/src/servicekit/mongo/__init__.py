"""MongoDB: one client per process, transactions, leases, claims of idempotency keys.

The chassis owns these collections in every service's database: `outbox`, `inbox`, `positions`, `dead_letters`,
`idempotency` and `leases`.
"""

from servicekit.mongo.client import Mongo, duplicate_key
from servicekit.mongo.group_commit import GroupCommit
from servicekit.mongo.idempotency import Idempotency
from servicekit.mongo.leases import Lease
from servicekit.mongo.server_settings import tell_of_wrong_settings, wrong_settings

__all__ = [
    "GroupCommit",
    "Idempotency",
    "Lease",
    "Mongo",
    "duplicate_key",
    "tell_of_wrong_settings",
    "wrong_settings",
]
