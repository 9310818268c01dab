"""Reading inspections, as far as the caller may see their centres."""

from collections.abc import Sequence
from dataclasses import dataclass

from kiosk_registry.application.inspections.ports import Inspections
from kiosk_registry.application.running.read_changes import CentreChangeReader
from kiosk_registry.application.running.viewer import CentreViewer
from kiosk_registry.domain.inspections.inspection import Inspection


@dataclass(frozen=True)
class InspectionReader:
    """Answers questions about inspections."""

    inspections: Inspections
    centres: CentreChangeReader

    def recorded(self, inspection_id: str) -> Inspection:
        """The one that the caller just recorded."""
        inspection = self.inspections.get(inspection_id)
        if inspection is None:
            raise LookupError(inspection_id)
        return inspection

    def of_centre(self, kiosk_id: str, viewer: CentreViewer, limit: int) -> Sequence[Inspection]:
        """At most `limit`, the newest first. Raises CentreOfOthers."""
        self.centres.get(kiosk_id, viewer)
        return self.inspections.of_centre(kiosk_id, limit)
