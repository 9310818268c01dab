"""Read assistances and cases, for who may know of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from identity.application.assistance.errors import AssistanceNotFound, CaseNotFound, MessageNotFound
from identity.application.assistance.ports import Assistances, Cases
from identity.domain.assistance.assistance import Assistance
from identity.domain.assistance.cases import Case, CaseState
from identity.domain.tokens.grants import stored
from identity.domain.vault.records import Actor


@dataclass(frozen=True, kw_only=True)
class AssistanceReader:
    """An operator sees their own; a person whatever their notice's code belongs to; support every case."""

    assistances: Assistances
    cases: Cases

    def own(self, assistance_id: str, actor: Actor) -> Assistance:
        """Raises AssistanceNotFound for another's as for none."""
        assistance = self.assistances.get(assistance_id)
        if assistance is None or not assistance.is_of(actor):
            raise AssistanceNotFound(
                "Look at the id, and ask with the client and the operator that asked for it.",
                "आईडी जाँचें, और उसी क्लाइंट तथा ऑपरेटर से पूछें जिसने इसका अनुरोध किया था।",
            )
        return assistance

    def of_notice(self, code: str) -> tuple[Assistance, Case | None]:
        """By the code in a notice, with the case that it opened. Raises MessageNotFound."""
        assistance = self.assistances.of_notice(stored(code))
        if assistance is None or assistance.consent is None:
            raise MessageNotFound("Open the link of the message again, whole.", "संदेश का पूरा लिंक फिर से खोलें।")
        return assistance, self.cases.about(assistance.id)

    def case(self, case_id: str) -> Case:
        """Raises CaseNotFound."""
        case = self.cases.get(case_id)
        if case is None:
            raise CaseNotFound("No case has this id.", "इस आईडी का कोई प्रकरण नहीं है।")
        return case

    def page(self, state: CaseState | None, after: str, limit: int) -> tuple[Sequence[Case], str | None]:
        """Cases, the oldest first, and the id after which the next page begins."""
        cases = self.cases.page(state, after, limit + 1)
        return cases[:limit], cases[limit - 1].id if len(cases) > limit else None
