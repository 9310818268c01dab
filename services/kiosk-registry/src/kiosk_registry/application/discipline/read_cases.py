"""Reading cases against centres, as far as the caller may see them."""

from collections.abc import Sequence
from dataclasses import dataclass

from kiosk_registry.application.discipline.errors import CentreCaseNotFound
from kiosk_registry.application.discipline.ports import Cases, CaseSelection
from kiosk_registry.application.running.viewer import CentreViewer
from kiosk_registry.domain.discipline.case import Case, CaseLine, Standing, State
from kiosk_registry.domain.running.centre import Office

OF_THE_CENTRE = (Office.OPERATOR, Office.LSP)


@dataclass(frozen=True)
class CaseReader:
    """Answers questions about cases."""

    cases: Cases

    def get(self, case_id: str, viewer: CentreViewer) -> tuple[Case, Standing]:
        """The case and how its centre stands. Raises CentreCaseNotFound, also for another's, and for one of which the
        centre was not told yet.
        """
        case = self.cases.get(case_id)
        standing = self.cases.standing(case.kiosk_id) if case else None
        if case is None or standing is None or not viewer.may_see(case) or not _is_told(case, viewer):
            raise CentreCaseNotFound(
                "There is no such case that you may see.", detail_hi="ऐसा कोई प्रकरण नहीं है जिसे आप देख सकें।"
            )
        return case, standing

    def history(self, case_id: str) -> Sequence[CaseLine]:
        """Its lines, the oldest first."""
        return self.cases.history(case_id)

    def times(self, case: Case) -> int:
        """How many cases for the same offence were decided against the centre, and not overturned."""
        return self.cases.times(case.kiosk_id, case.offence)

    def page(
        self, viewer: CentreViewer, *, kiosk_id: str | None, state: State | None, after: str | None, limit: int
    ) -> tuple[Sequence[Case], str | None]:
        """The viewer's cases in order of id, and where the next page begins, None at the end."""
        cases = self.cases.page(_selection(viewer, kiosk_id, state), after, limit + 1)
        return cases[:limit], cases[limit - 1].id if len(cases) > limit else None


def _is_told(case: Case, viewer: CentreViewer) -> bool:
    return viewer.actor.office not in OF_THE_CENTRE or case.state is not State.OPEN or case.was_suspended_at_once


def _selection(viewer: CentreViewer, kiosk_id: str | None, state: State | None) -> CaseSelection:
    if viewer.sees_all:
        return CaseSelection(kiosk_id=kiosk_id, state=state)
    match viewer.actor.office:
        case Office.OPERATOR:
            own = viewer.kiosk_id if kiosk_id in (None, viewer.kiosk_id) else None
            return CaseSelection(kiosk_id=own or "", state=state, told=True)
        case Office.LSP:
            return CaseSelection(kiosk_id=kiosk_id, lsp_id=viewer.lsp_id or "", state=state, told=True)
        case _:
            return CaseSelection(kiosk_id=kiosk_id, districts=viewer.districts, state=state)
