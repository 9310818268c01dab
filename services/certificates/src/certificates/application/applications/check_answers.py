"""What an applicant sends is held to the type: the form, a record that it names, the papers as files."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from certificates.application.applications.errors import AttachmentsNotAcceptable, FormNotAcceptable
from certificates.application.applications.ports import AttachmentTaken, Changes, Uploads
from certificates.application.certificates.find_record import find_record
from certificates.application.certificates.ports import Certificates
from certificates.application.viewer import Viewer
from certificates.domain.rulebook import Rulebook
from certificates.domain.types.amend import amendment_problems
from certificates.domain.types.application_type import ApplicationType
from certificates.domain.types.form import FormProblem, FormValue
from servicekit.errors import FieldProblem

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


@dataclass(frozen=True)
class AnswersCheck:
    """Holds what is sent to its type. Values are never repeated in what is raised."""

    rulebook: Rulebook
    certificates: Certificates
    uploads: Uploads

    def form(
        self, application_type: ApplicationType, values: Mapping[str, object], today: date
    ) -> tuple[dict[str, FormValue], list[FormProblem]]:
        """The form as it is stored, and everything that is wrong with it."""
        applicant, problems = application_type.check_form(values, today)
        return applicant, problems or self._record_problems(application_type, applicant, today)

    def attachments(self, named: Sequence[NamedAttachment], papers: Collection[str], viewer: Viewer) -> None:
        """Raises AttachmentsNotAcceptable for what is none of `papers` (codes), or not the viewer's upload."""
        problems = []
        for place, one in enumerate(named):
            if one.code not in papers:
                problems.append(_problem(place, "code", "unknown", _NO_SUCH_PAPER, _NO_SUCH_PAPER_HI))
            attachment = self.uploads.get(one.attachment_id)
            if attachment is None or not viewer.owns(attachment):
                problems.append(_problem(place, "attachment_id", "unknown", _NO_SUCH_UPLOAD, _NO_SUCH_UPLOAD_HI))
        if problems:
            raise AttachmentsNotAcceptable("Some attachments are not acceptable.", errors=problems)

    def _record_problems(
        self, application_type: ApplicationType, applicant: Mapping[str, FormValue], today: date
    ) -> list[FormProblem]:
        """What is wrong with the record that is named by a number of ours, if one is.

        A wrong number, a wrong day and a record of another type are answered alike, as to a verifier.
        """
        record = application_type.record
        if record is None or record.number not in applicant:
            return []
        acted_on = find_record(self.certificates, record, applicant)
        if acted_on and acted_on.in_force_on(today):
            if not record.amends:
                return []
            return amendment_problems(record, applicant, self.rulebook.types[acted_on.type_code], today)
        titles = [self.rulebook.types[code].title for code in record.types]
        return [
            FormProblem(
                record.number,
                "unknown-record",
                f"There is no record in force with this number and day of issue among: {_list(t.en for t in titles)}.",
                f"इस संख्या और जारी होने की तिथि का कोई प्रभावी अभिलेख इनमें नहीं है: {_list(t.hi for t in titles)}।",
            )
        ]


def attach(changes: Changes, named: Sequence[NamedAttachment], application_id: str, at: datetime) -> None:
    """Gives the files to the application. Raises AttachmentsNotAcceptable."""
    for place, one in enumerate(named):
        try:
            changes.attach(one.attachment_id, application_id=application_id, code=one.code, at=at)
        except AttachmentTaken:
            problem = _problem(place, "attachment_id", "not-ready", _NOT_READY, _NOT_READY_HI)
            raise AttachmentsNotAcceptable("An attachment cannot be used.", errors=[problem]) from None


def form_not_acceptable(application_type: ApplicationType, problems: Sequence[FormProblem]) -> FormNotAcceptable:
    """The refusal that names all of them."""
    return FormNotAcceptable(
        f"{len(problems)} field(s) of the form are not acceptable; see "
        f"GET /v1/application-types/{application_type.code}.",
        errors=[FieldProblem(pointer(p), p.code, p.detail, p.detail_hi) for p in problems],
    )


def _list(words: Iterable[str]) -> str:
    return ", ".join(words)


def pointer(problem: FormProblem) -> str:
    """The place of a problem as an RFC 6901 pointer, such as `/applicant/witnesses/0/name`."""
    return place_of_field(*problem.within, problem.field)


def place_of_field(*names: str) -> str:
    """The pointer to a field of the form, by the names that lead to it."""
    return "/".join(["/applicant", *map(_escaped, names)])


def _problem(place: int, member: str, code: str, detail: str, detail_hi: str) -> FieldProblem:
    return FieldProblem(f"/attachments/{place}/{member}", code, detail, detail_hi)


def _escaped(name: str) -> str:
    """A member's name as part of an RFC 6901 pointer; shortened, because the sender chose it."""
    return name[:60].replace("~", "~0").replace("/", "~1")
