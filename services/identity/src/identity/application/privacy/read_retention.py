"""What is kept, and how long."""

from collections.abc import Sequence
from dataclasses import dataclass

from identity.application.privacy.enforce_retention import Retentions
from identity.application.privacy.ports import Kept
from identity.domain.privacy.retention import Retention


@dataclass(frozen=True)
class RetentionReader:
    """Compares the rows with the collections that there are."""

    kept: Kept
    rows: Retentions

    def all(self) -> Sequence[Retention]:
        """Every row, by collection."""
        return [self.rows[name] for name in sorted(self.rows)]

    def without_a_row(self) -> Sequence[str]:
        """Collections of the database of which nobody said how long they are kept."""
        return sorted(set(self.kept.names()) - self.rows.keys())
