"""A citizen submits an application."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from certificates.application.applications.check_answers import (
    AnswersCheck,
    NamedAttachment,
    attach,
    form_not_acceptable,
)
from certificates.application.applications.ports import Applications, Changes, Drafts
from certificates.application.viewer import Viewer
from certificates.domain.applications.application import Change
from certificates.domain.applications.submit import submit
from certificates.domain.rulebook import Rulebook
from certificates.domain.sla.calendar import civil_date
from servicekit.errors import FieldProblem, ValidationFailed
from servicekit.idempotency import Claim, Once

_NO_SUCH_DRAFT = "There is no such draft among yours; leave it out, or see GET /v1/application-drafts."
_NO_SUCH_DRAFT_HI = "आपके प्रारूपों में ऐसा कोई प्रारूप नहीं है; इसे न भेजें।"


@dataclass(frozen=True, kw_only=True)
class SubmitApplication:
    """The command; ids and time are minted by the route. `applicant` is personal data: never log it.

    The draft, where there is one, goes as the application comes.
    """

    application_id: str
    transaction_token: str
    event_id: str
    application_type: str
    district_code: str
    applicant: Mapping[str, object]
    attachments: Sequence[NamedAttachment]
    viewer: Viewer
    client_id: str
    kiosk_id: str | None
    person_id: str | None = None
    assistance_id: str | None = None
    draft_id: str | None = None
    agreed_once: str | None = None
    at: datetime
    request_id: str
    claim: Claim


@dataclass(frozen=True)
class SubmitApplicationHandler:
    """Checks the form against its type, and stores the application with its history line and event."""

    rulebook: Rulebook
    applications: Applications
    check: AnswersCheck
    drafts: Drafts

    def __call__(self, command: SubmitApplication) -> Once[str]:
        """Safe to repeat with the same claim. Raises ValidationFailed, FormNotAcceptable,
        AttachmentsNotAcceptable, ActUsedUp, IdempotencyKeyReused.
        """
        try:
            change = self._change(command)
        except ValidationFailed:
            # The first request may have succeeded before the type's file changed; then its application stands.
            replay = self.applications.find(command.claim)
            if replay is None:
                raise
            return replay

        def effect(changes: Changes) -> None:
            changes.add(change, command.request_id)
            attach(changes, command.attachments, change.application.id, command.at)
            if command.draft_id is not None:
                changes.drop_draft(command.draft_id)

        return self.applications.once(command.claim, change.application.id, effect)

    def _change(self, command: SubmitApplication) -> Change:
        today = civil_date(command.at)
        application_type = self.rulebook.types.get(command.application_type)
        is_open = application_type is not None and bool(application_type.fees_on(today))
        problems = []
        if application_type is None:
            problems.append(FieldProblem("/application_type", "unknown", "There is no such application type."))
        elif not is_open:
            problems.append(FieldProblem("/application_type", "not-open-yet", "This type is not open yet."))
        if command.district_code not in self.rulebook.districts:
            problems.append(
                FieldProblem("/district_code", "unknown", "Must be the LGD code of a district of Rajasthan.")
            )
        if command.draft_id is not None:
            draft = self.drafts.get(command.draft_id, command.at)
            if draft is None or not command.viewer.owns(draft):
                problems.append(FieldProblem("/draft_id", "unknown", _NO_SUCH_DRAFT, _NO_SUCH_DRAFT_HI))
        if application_type is None or problems:
            raise ValidationFailed(
                "The type, the district or the draft is not one that can be applied for.", errors=problems
            )
        applicant, form_problems = self.check.form(application_type, command.applicant, today)
        if form_problems:
            raise form_not_acceptable(application_type, form_problems)
        self.check.attachments(
            command.attachments, {paper.code for paper in application_type.documents}, command.viewer
        )
        return submit(
            application_id=command.application_id,
            transaction_token=command.transaction_token,
            application_type=application_type,
            fee=application_type.fee_of(applicant, today),
            district_code=command.district_code,
            applicant=applicant,
            client_id=command.client_id,
            kiosk_id=command.kiosk_id,
            person_id=command.person_id,
            assistance_id=command.assistance_id,
            agreed_once=command.agreed_once,
            at=command.at,
            event_id=command.event_id,
            calendar=self.rulebook.calendar,
        )
