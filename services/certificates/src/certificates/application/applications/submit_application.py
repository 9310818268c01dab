"""A citizen applies."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from certificates.application.applications.errors import FormNotAcceptable
from certificates.application.applications.ports import Applications, Changes
from certificates.domain.applications.application import Change
from certificates.domain.applications.submit import submit
from certificates.domain.rulebook import Rulebook
from certificates.domain.sla.calendar import civil_date
from servicekit.errors import FieldProblem, ValidationFailed
from servicekit.idempotency import Claim, Once


@dataclass(frozen=True, kw_only=True)
class SubmitApplication:
    """The command; ids and time are minted by the route. `applicant` is personal data: never log it."""

    application_id: str
    transaction_token: str
    event_id: str
    application_type: str
    district_code: str
    applicant: Mapping[str, object]
    client_id: str
    kiosk_id: str | None
    at: datetime
    request_id: str
    claim: Claim


@dataclass(frozen=True)
class SubmitApplicationHandler:
    """Checks the form against the type and keeps the application with its history and its event."""

    rulebook: Rulebook
    applications: Applications

    def __call__(self, command: SubmitApplication) -> Once[str]:
        """Safe to repeat with the same claim. Raises ValidationFailed, FormNotAcceptable, IdempotencyKeyReused."""
        try:
            change = self._change(command)
        except ValidationFailed:
            # The type's file may have changed since the first request, whose effect stands.
            replay = self.applications.find(command.claim)
            if replay is None:
                raise
            return replay

        def effect(changes: Changes) -> None:
            changes.add(change, command.request_id)

        return self.applications.once(command.claim, change.application.id, effect)

    def _change(self, command: SubmitApplication) -> Change:
        today = civil_date(command.at)
        application_type = self.rulebook.types.get(command.application_type)
        fee = application_type.fee_on(today) if application_type is not None else None
        unknown = []
        if application_type is None:
            unknown.append(FieldProblem("/application_type", "unknown", "There is no such application type."))
        elif fee is None:
            unknown.append(FieldProblem("/application_type", "not-open-yet", "This type is not open yet."))
        if command.district_code not in self.rulebook.districts:
            unknown.append(
                FieldProblem("/district_code", "unknown", "Must be the LGD code of a district of Rajasthan.")
            )
        if application_type is None or fee is None or unknown:
            raise ValidationFailed("The type or the district is not one that can be applied for.", errors=unknown)
        applicant, problems = application_type.check_form(command.applicant, today)
        if problems:
            raise FormNotAcceptable(
                f"{len(problems)} field(s) of the form are not acceptable; see "
                f"GET /v1/application-types/{application_type.code}.",
                errors=[FieldProblem(f"/applicant/{_escaped(p.field)}", p.code, p.detail) for p in problems],
            )
        return submit(
            application_id=command.application_id,
            transaction_token=command.transaction_token,
            application_type=application_type,
            fee=fee,
            district_code=command.district_code,
            applicant=applicant,
            client_id=command.client_id,
            kiosk_id=command.kiosk_id,
            at=command.at,
            event_id=command.event_id,
            calendar=self.rulebook.calendar,
        )


def _escaped(name: str) -> str:
    """A member's name inside an RFC 6901 pointer; cut, because the sender may have chosen it."""
    return name[:60].replace("~", "~0").replace("/", "~1")
