"""Delete what has been kept as long as its order says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from identity.application.privacy.ports import Kept
from identity.domain.privacy.retention import Ends, Retention

Retentions = Mapping[str, Retention]


@dataclass(frozen=True)
class EnforceRetention:
    """The instant of the run."""

    at: datetime


@dataclass(frozen=True)
class EnforceRetentionHandler:
    """Only rows that a job ends are touched: what is unset is kept."""

    kept: Kept
    rows: Retentions

    def __call__(self, command: EnforceRetention) -> Mapping[str, int]:
        """How many documents of which collection were deleted."""
        return {
            row.collection: self.kept.forget(row.collection, row.field, command.at - timedelta(days=row.days))
            for row in self.rows.values()
            if row.ends is Ends.BY_JOB and row.field is not None and row.days is not None
        }
