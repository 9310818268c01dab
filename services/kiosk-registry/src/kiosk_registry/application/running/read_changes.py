"""Reading what was changed of a centre, as far as the caller may see it."""

from collections.abc import Sequence
from dataclasses import dataclass

from kiosk_registry.application.running.errors import CentreOfOthers
from kiosk_registry.application.running.ports import RunningCentres
from kiosk_registry.application.running.viewer import CentreViewer
from kiosk_registry.domain.running.centre import HistoryLine, RunningCentre


@dataclass(frozen=True)
class CentreChangeReader:
    """Answers questions about what happened to a centre."""

    centres: RunningCentres

    def get(self, kiosk_id: str, viewer: CentreViewer) -> RunningCentre:
        """The centre. Raises CentreOfOthers, also for one that is nobody's."""
        centre = self.centres.get(kiosk_id)
        if centre is None or not viewer.may_see(centre):
            raise CentreOfOthers(
                "There is no such centre that is yours, your provider's or in your districts.",
                detail_hi="ऐसा कोई केंद्र आपका, आपके प्रदाता का या आपके ज़िलों में नहीं है।",
            )
        return centre

    def history(self, centre: RunningCentre, after: int, limit: int) -> tuple[Sequence[HistoryLine], int | None]:
        """Its lines, the oldest first, and after which version the next page begins, None at the end."""
        lines = self.centres.history(centre.kiosk_id, after, limit + 1)
        return lines[:limit], lines[limit - 1].version if len(lines) > limit else None
