"""How long each collection is kept, by which order. It is data; what no order says is unset and kept."""

from dataclasses import dataclass
from enum import StrEnum

from identity.domain.privacy.notices import Words


class Ends(StrEnum):
    """What ends a document."""

    BY_ITSELF = "by-itself"  # the database deletes it at an instant that is in it (TTL)
    BY_JOB = "by-job"  # `days` after the instant in `field`
    WITH_PERSON = "with-person"  # when the person whose id is in `field` is erased; without a field in its own way
    KEPT = "kept"  # nothing ends it: no order says how long, or it is no data of people


@dataclass(frozen=True, kw_only=True)
class Retention:
    """One collection. `order` None is unset: nobody ordered a time, and none is invented."""

    collection: str
    what: Words
    ends: Ends
    field: str | None
    days: int | None
    order: str | None
    note: str
