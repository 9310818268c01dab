"""Somebody applies for a centre."""

from dataclasses import dataclass
from datetime import datetime

from kiosk_registry.application.openings.errors import NotEligible
from kiosk_registry.application.openings.ports import Changes, Lsps, Openings, Places
from kiosk_registry.domain.calendar import civil_day
from kiosk_registry.domain.openings.eligibility import problems
from kiosk_registry.domain.openings.moves import submit
from kiosk_registry.domain.openings.opening import Actor, Form, Office
from kiosk_registry.domain.openings.rules import Rulebook
from servicekit.errors import FieldProblem
from servicekit.idempotency import Claim, Once


@dataclass(frozen=True, kw_only=True)
class SubmitOpening:
    """The command; ids and time are minted by the route. `form` has personal data: never log it."""

    opening_id: str
    transaction_token: str
    event_id: str
    form: Form
    person_id: str
    client_id: str
    at: datetime
    request_id: str
    claim: Claim


@dataclass(frozen=True)
class SubmitOpeningHandler:
    """Holds the form against the rules of the day, and keeps it with its history line and its event."""

    rulebook: Rulebook
    places: Places
    lsps: Lsps
    openings: Openings

    def __call__(self, command: SubmitOpening) -> Once[str]:
        """Safe to repeat with the same claim. Raises NotEligible, OpeningThere, PremisesTaken."""
        if (replay := self.openings.find(command.claim)) is not None:
            return replay
        day = civil_day(command.at)
        rules = self.rulebook.on(day)
        require_eligible(self, command.form, command.at)
        change = submit(
            command.form,
            opening_id=command.opening_id,
            transaction_token=command.transaction_token,
            client_id=command.client_id,
            by=Actor(command.person_id, Office.APPLICANT),
            rules=rules,
            at=command.at,
            event_id=command.event_id,
        )

        def effect(changes: Changes) -> None:
            changes.add(change, command.request_id)

        return self.openings.once(command.claim, command.opening_id, effect)


def require_eligible(facts: "SubmitOpeningHandler", form: Form, at: datetime) -> None:
    """Raises NotEligible, naming every rule that the form breaks on that day."""
    day = civil_day(at)
    broken = problems(
        form,
        rules=facts.rulebook.on(day),
        day=day,
        district=facts.places.district(form.district_code),
        pin_area=facts.places.pin_area(form.premises.pin),
        lsp=facts.lsps.get(form.lsp_id),
    )
    if broken:
        raise NotEligible(
            f"{len(broken)} rule(s) are not met; `errors` names each.",
            errors=[FieldProblem(problem.pointer, problem.code, problem.en, problem.hi) for problem in broken],
        )
