"""An officer hands the own post over for some days: to a person, or, while absent, to those who stand in by rule."""

from dataclasses import dataclass
from datetime import date, datetime

from certificates.application.officers.errors import OfficerRequired
from certificates.application.officers.ports import Charges
from certificates.domain.officers.charge import MOST_DAYS, Charge
from certificates.domain.officers.officer import AN_OFFICER, Officer
from certificates.domain.rulebook import Rulebook
from certificates.domain.sla.calendar import civil_date
from servicekit.errors import FieldProblem, ValidationFailed
from servicekit.idempotency import Claim, Once


@dataclass(frozen=True, kw_only=True)
class HandOverCharge:
    """The command; id and time are minted by the route. `to_officer_id` None: an absence."""

    charge_id: str
    officer: Officer
    to_officer_id: str | None
    from_on: date
    until_on: date
    at: datetime
    claim: Claim


@dataclass(frozen=True)
class HandOverChargeHandler:
    """What was handed to an officer is not theirs to hand on: only the own post is."""

    rulebook: Rulebook
    charges: Charges

    def __call__(self, command: HandOverCharge) -> Once[str]:
        """Safe to repeat with the same claim. Raises OfficerRequired, ValidationFailed, IdempotencyKeyReused."""
        officer = command.officer
        if officer.designation == AN_OFFICER:
            raise OfficerRequired("Your token names no post; what has no name cannot be handed over.")
        stand_in = self.rulebook.stand_ins.get(officer.designation.en)
        problems = _problems(command)
        if command.to_officer_id is None and stand_in is None:
            problems.append(
                FieldProblem(
                    "/to_officer_id",
                    "required",
                    f"No rule says who stands in for: {officer.designation.en}. Name the officer.",
                    f"इस पद के लिए कोई नियम नहीं बताता कि कार्य कौन देखेगा: {officer.designation.hi}। अधिकारी का नाम दें।",
                )
            )
        if problems:
            raise ValidationFailed("The charge cannot be handed over so.", errors=problems)
        return self.charges.once(
            command.claim,
            Charge(
                id=command.charge_id,
                officer_id=officer.id,
                post=officer.designation,
                department=officer.department,
                districts=officer.districts,
                from_on=command.from_on,
                until_on=command.until_on,
                to_officer_id=command.to_officer_id,
                to_posts=stand_in.by if stand_in and command.to_officer_id is None else (),
                made_at=command.at,
            ),
        )


def _problems(command: HandOverCharge) -> list[FieldProblem]:
    problems = []
    if command.from_on < civil_date(command.at):
        problems.append(FieldProblem("/from_on", "past", "Must be today or later.", "आज या इसके बाद का दिन दें।"))
    if command.until_on < command.from_on:
        problems.append(
            FieldProblem("/until_on", "before-begin", "Must not be before from_on.", "यह दिन from_on से पहले न हो।")
        )
    elif (command.until_on - command.from_on).days >= MOST_DAYS:
        told = f"May be {MOST_DAYS} days at most; longer is a transfer."
        problems.append(FieldProblem("/until_on", "too-long", told, f"अधिकतम {MOST_DAYS} दिन हो सकते हैं।"))
    if command.to_officer_id == command.officer.id:
        problems.append(FieldProblem("/to_officer_id", "own", "Must be another officer.", "किसी अन्य अधिकारी को दें।"))
    return problems
