"""The applicant answers what an officer asked for anew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from certificates.application.applications.check_answers import (
    AnswersCheck,
    NamedAttachment,
    attach,
    form_not_acceptable,
    place_of_field,
)
from certificates.application.applications.errors import AnswersNotAcceptable, NotPossibleNow, members_of_refusal
from certificates.application.applications.ports import Applications, Changes, VersionMoved
from certificates.application.applications.read_applications import ApplicationReader
from certificates.application.viewer import Viewer
from certificates.domain.applications.application import (
    ACTS_OF_APPLICANTS,
    Application,
    Ask,
    State,
    last_sent_back,
)
from certificates.domain.applications.resubmit import Opened, opened, resubmit
from certificates.domain.rulebook import Rulebook
from certificates.domain.sla.calendar import civil_date
from certificates.domain.types.application_type import ApplicationType
from certificates.domain.types.form import FormProblem, FormValue
from servicekit.errors import Conflict, FieldProblem, NotFound, StaleVersion, ValidationFailed
from servicekit.idempotency import Claim, Once
from servicekit.versions import Precondition


@dataclass(frozen=True, kw_only=True)
class ResubmitApplication:
    """The command; id and time are minted by the route. `answers` are personal data: never log them.

    An answer of None takes the field out of the form.
    """

    application_id: str
    answers: Mapping[str, object]
    attachments: Sequence[NamedAttachment]
    viewer: Viewer
    precondition: Precondition
    event_id: str
    at: datetime
    request_id: str
    claim: Claim


@dataclass(frozen=True)
class ResubmitApplicationHandler:
    """Takes answers to what was asked for and to nothing else, and gives the application back to the same step."""

    rulebook: Rulebook
    applications: Applications
    reader: ApplicationReader
    check: AnswersCheck

    def __call__(self, command: ResubmitApplication) -> Once[str]:
        """Safe to repeat with the same claim.

        Raises ApplicationNotFound, NotPossibleNow, AnswersNotAcceptable, FormNotAcceptable, AttachmentsNotAcceptable,
        StaleVersion, IdempotencyKeyReused.
        """
        try:
            return self._resubmit(command)
        except (NotFound, Conflict, StaleVersion, ValidationFailed):
            # The same request may have done it before.
            replay = self.applications.find(command.claim)
            if replay is None:
                raise
            return replay

    def _resubmit(self, command: ResubmitApplication) -> Once[str]:
        application, history = self.reader.get(command.application_id, command.viewer)
        line = last_sent_back(history)
        if application.state is not State.SENT_BACK or line is None:
            raise _not_possible(application)
        command.precondition.check(application.version)
        application_type = self.rulebook.types[application.type_code]
        open_now = opened(application_type, line.asks)
        _check_what_is_answered(command, line.asks, open_now)
        self.check.attachments(command.attachments, open_now.documents, command.viewer)
        change = resubmit(
            application,
            history=history,
            applicant=self._form(command, application, application_type, open_now),
            answered=sorted(command.answers),
            attached=[named.code for named in command.attachments],
            at=command.at,
            event_id=command.event_id,
            application_type=application_type,
            calendar=self.rulebook.calendar,
        )

        def effect(changes: Changes) -> None:
            changes.save(change, command.request_id)
            attach(changes, command.attachments, application.id, command.at)

        try:
            return self.applications.once(command.claim, application.id, effect)
        except VersionMoved as error:
            raise _not_possible(self.applications.get(application.id) or application) from error

    def _form(
        self, command: ResubmitApplication, before: Application, application_type: ApplicationType, open_now: Opened
    ) -> dict[str, FormValue]:
        """The whole form with the answers. What is not open stays as it is, also where today's type would refuse it."""
        today = civil_date(command.at)
        checked, problems = self.check.form(application_type, {**before.applicant, **command.answers}, today)
        old = {_place(problem) for problem in self.check.form(application_type, before.applicant, today)[1]}
        own = [problem for problem in problems if _top(problem) in open_now.fields or _place(problem) not in old]
        if own:
            raise form_not_acceptable(application_type, own)
        closed = {name: value for name, value in before.applicant.items() if name not in open_now.fields}
        return {**closed, **{name: value for name, value in checked.items() if name in open_now.fields}}


def _check_what_is_answered(command: ResubmitApplication, asks: Sequence[Ask], open_now: Opened) -> None:
    attached = {named.code for named in command.attachments}
    problems = [
        FieldProblem(
            place_of_field(name),
            "not-open",
            "This was not asked for anew; leave it out.",
            "यह जानकारी दोबारा नहीं माँगी गई है; इसे न भेजें।",
        )
        for name in command.answers
        if name not in open_now.fields
    ]
    for ask in asks:
        if ask.field is not None and ask.field not in command.answers:
            told = FieldProblem(
                place_of_field(ask.field),
                "missing",
                f"Was asked for: {ask.reason.label.en}.",
                f"यह माँगा गया है: {ask.reason.label.hi}।",
            )
            problems.append(told)
        if ask.document is not None and ask.document not in attached:
            told = FieldProblem(
                "/attachments",
                "missing",
                f"The document {ask.document} was asked for: {ask.reason.label.en}.",
                f"दस्तावेज़ {ask.document} माँगा गया है: {ask.reason.label.hi}।",
            )
            problems.append(told)
    if not asks and not command.answers and not attached:
        problems.append(FieldProblem("/applicant", "missing", "Answer something.", "कुछ उत्तर दें।"))
    if problems:
        raise AnswersNotAcceptable("The answers do not fit what was asked for.", errors=problems)


def _top(problem: FormProblem) -> str:
    return (*problem.within, problem.field)[0]


def _place(problem: FormProblem) -> tuple[str, ...]:
    return (*problem.within, problem.field, problem.code)


def _not_possible(application: Application) -> NotPossibleNow:
    return NotPossibleNow(
        "The application is not sent back: nothing is asked of the applicant now.",
        detail_hi="यह आवेदन लौटाया हुआ नहीं है: अभी आवेदक से कुछ नहीं माँगा गया है।",
        **members_of_refusal(application, ACTS_OF_APPLICANTS),
    )
