"""Reading applications for centres, as far as the caller may see them."""

from collections.abc import Sequence
from dataclasses import dataclass

from kiosk_registry.application.openings.errors import OpeningNotFound
from kiosk_registry.application.openings.ports import Openings
from kiosk_registry.application.openings.viewer import Viewer
from kiosk_registry.domain.openings.opening import HistoryEntry, Opening, State


@dataclass(frozen=True)
class OpeningReader:
    """Answers questions about openings."""

    openings: Openings

    def get(self, opening_id: str, viewer: Viewer) -> tuple[Opening, Sequence[HistoryEntry]]:
        """The opening and its history, the oldest line first. Raises OpeningNotFound, also for another's."""
        opening = self.openings.get(opening_id)
        if opening is None or not viewer.may_see(opening):
            raise OpeningNotFound("There is no such application for a centre that you may see.")
        return opening, self.openings.history(opening_id)

    def page(
        self, viewer: Viewer, *, state: State | None, after: str | None, limit: int
    ) -> tuple[Sequence[Opening], str | None]:
        """The viewer's openings in order of id, and where the next page begins, None at the end."""
        openings = self.openings.page(viewer.selection(state), after, limit + 1)
        return openings[:limit], openings[limit - 1].id if len(openings) > limit else None

    def transaction(self, token: str) -> tuple[Opening, Sequence[HistoryEntry]]:
        """What a transaction token stands for here. Raises OpeningNotFound."""
        opening = self.openings.by_token(token)
        if opening is None:
            raise OpeningNotFound("No application for a centre has this token.")
        return opening, self.openings.history(opening.id)
