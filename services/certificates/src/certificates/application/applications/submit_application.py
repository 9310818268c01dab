"""A citizen submits an application."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from certificates.application.applications.errors import AttachmentsNotAcceptable, FormNotAcceptable
from certificates.application.applications.ports import Applications, AttachmentTaken, Changes, Uploads
from certificates.application.certificates.ports import Certificates
from certificates.application.viewer import Viewer
from certificates.domain.applications.application import Change
from certificates.domain.applications.submit import submit
from certificates.domain.certificates.number import read_certificate_number
from certificates.domain.rulebook import Rulebook
from certificates.domain.sla.calendar import civil_date
from certificates.domain.types.application_type import ApplicationType
from certificates.domain.types.form import FormProblem, FormValue
from servicekit.errors import FieldProblem, ValidationFailed
from servicekit.idempotency import Claim, Once

_NO_SUCH_PAPER = "The type asks for no such paper; its documents are in GET /v1/application-types/{code}."
_NO_SUCH_PAPER_HI = "इस प्रकार में ऐसा कोई दस्तावेज़ नहीं माँगा गया है।"
_NO_SUCH_UPLOAD = "There is no such upload among yours. Upload the file: POST /v1/attachments."
_NO_SUCH_UPLOAD_HI = "आपके अपलोड में ऐसी कोई फ़ाइल नहीं है। फ़ाइल अपलोड करें।"
_NOT_READY = "It has not arrived whole, was refused, or belongs to another application. Upload the file again."
_NOT_READY_HI = "यह फ़ाइल पूरी नहीं मिली, अस्वीकृत हुई, या किसी अन्य आवेदन की है। फ़ाइल दोबारा अपलोड करें।"


@dataclass(frozen=True)
class NamedAttachment:
    """An upload, and which of the type's papers it is."""

    code: str
    attachment_id: str


@dataclass(frozen=True, kw_only=True)
class SubmitApplication:
    """The command; ids and time are minted by the route. `applicant` is personal data: never log it."""

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
    at: datetime
    request_id: str
    claim: Claim


@dataclass(frozen=True)
class SubmitApplicationHandler:
    """Checks the form against its type, and stores the application with its history line and event."""

    rulebook: Rulebook
    applications: Applications
    certificates: Certificates
    uploads: Uploads

    def __call__(self, command: SubmitApplication) -> Once[str]:
        """Safe to repeat with the same claim. Raises ValidationFailed, FormNotAcceptable,
        AttachmentsNotAcceptable, IdempotencyKeyReused.
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
            for place, named in enumerate(command.attachments):
                self._attach(changes, place, named, change.application.id, command.at)

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
        if application_type is None or problems:
            raise ValidationFailed("The type or the district is not one that can be applied for.", errors=problems)
        applicant, form_problems = application_type.check_form(command.applicant, today)
        if not form_problems:
            form_problems = self._record_problems(application_type, applicant, today)
        if form_problems:
            raise FormNotAcceptable(
                f"{len(form_problems)} field(s) of the form are not acceptable; see "
                f"GET /v1/application-types/{application_type.code}.",
                errors=[
                    FieldProblem(_pointer(problem), problem.code, problem.detail, problem.detail_hi)
                    for problem in form_problems
                ],
            )
        self._check_attachments(command, application_type)
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
            at=command.at,
            event_id=command.event_id,
            calendar=self.rulebook.calendar,
        )

    def _record_problems(
        self, application_type: ApplicationType, applicant: Mapping[str, FormValue], today: date
    ) -> list[FormProblem]:
        """What is wrong with the record that is named by a number of ours, if one is.

        A wrong number, a wrong day and a record of another type are answered alike, as to a verifier.
        """
        record = application_type.record
        if record is None or record.number not in applicant:
            return []
        number, issued_on = read_certificate_number(str(applicant[record.number])), applicant.get(record.issued_on)
        acted_on = None
        if number is not None and issued_on is not None:
            acted_on = self.certificates.by_number_and_day(number, date.fromisoformat(str(issued_on)))
        if acted_on and acted_on.type_code in record.types and acted_on.in_force_on(today):
            return []
        titles = [self.rulebook.types[code].title for code in record.types]
        return [
            FormProblem(
                record.number,
                "unknown-record",
                f"There is no record in force with this number and day of issue among: {_list(t.en for t in titles)}.",
                f"इस संख्या और जारी होने की तिथि का कोई प्रभावी अभिलेख इनमें नहीं है: {_list(t.hi for t in titles)}।",
            )
        ]

    def _check_attachments(self, command: SubmitApplication, application_type: ApplicationType) -> None:
        papers = {paper.code for paper in application_type.documents}
        problems = []
        for place, named in enumerate(command.attachments):
            if named.code not in papers:
                problems.append(_problem(place, "code", "unknown", _NO_SUCH_PAPER, _NO_SUCH_PAPER_HI))
            attachment = self.uploads.get(named.attachment_id)
            if attachment is None or not command.viewer.uploaded(attachment):
                problems.append(_problem(place, "attachment_id", "unknown", _NO_SUCH_UPLOAD, _NO_SUCH_UPLOAD_HI))
        if problems:
            raise AttachmentsNotAcceptable("Some attachments are not acceptable.", errors=problems)

    def _attach(self, changes: Changes, place: int, named: NamedAttachment, application_id: str, at: datetime) -> None:
        try:
            changes.attach(named.attachment_id, application_id=application_id, code=named.code, at=at)
        except AttachmentTaken:
            problem = _problem(place, "attachment_id", "not-ready", _NOT_READY, _NOT_READY_HI)
            raise AttachmentsNotAcceptable("An attachment cannot be used.", errors=[problem]) from None


def _list(words: Iterable[str]) -> str:
    return ", ".join(words)


def _pointer(problem: FormProblem) -> str:
    """The place of a problem as an RFC 6901 pointer, such as `/applicant/witnesses/0/name`."""
    return "/".join(["/applicant", *map(_escaped, (*problem.within, problem.field))])


def _problem(place: int, member: str, code: str, detail: str, detail_hi: str) -> FieldProblem:
    return FieldProblem(f"/attachments/{place}/{member}", code, detail, detail_hi)


def _escaped(name: str) -> str:
    """A member's name as part of an RFC 6901 pointer; shortened, because the sender chose it."""
    return name[:60].replace("~", "~0").replace("/", "~1")
