"""An officer takes a case, so that colleagues leave it alone meanwhile."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from certificates.domain.label import Label

# Half a working day: whoever goes home gives nothing back.
TAKEN_FOR = timedelta(hours=4)


@dataclass(frozen=True, kw_only=True)
class Taking:
    """Who has a case until when. It ends by itself, by its release, or with the decision."""

    application_id: str
    officer_id: str
    designation: Label
    step: str
    taken_at: datetime
    until: datetime
