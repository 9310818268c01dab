"""Answer a case: the person is told, and reads it behind the link that they have."""

from dataclasses import dataclass, field
from datetime import datetime

from identity.application.assistance.errors import CaseAnswered
from identity.application.assistance.ports import Cases
from identity.application.assistance.read_assistances import AssistanceReader
from identity.domain.assistance.cases import Answer, Case
from identity.domain.assistance.notices import Notice, NoticeKind
from identity.domain.vault.records import Actor


@dataclass(frozen=True, kw_only=True)
class AnswerCase:
    """In words of both languages."""

    case_id: str
    text: str = field(repr=False)
    text_hi: str = field(repr=False)
    actor: Actor
    at: datetime


@dataclass(frozen=True, kw_only=True)
class AnswerCaseHandler:
    """One answer, one notice."""

    cases: Cases
    read: AssistanceReader

    def __call__(self, command: AnswerCase) -> Case:
        """The case with its answer; the same answer of the same person again changes nothing.

        Raises CaseNotFound, CaseAnswered.
        """
        case = self.read.case(command.case_id)
        answer = Answer(text=command.text, text_hi=command.text_hi, by=command.actor, at=command.at)
        notice = Notice(
            id=f"{case.id}:answered",
            assistance_id=case.assistance_id,
            kind=NoticeKind.ANSWERED,
            operation=None,
            at=command.at,
        )
        self.cases.answer(case, answer, notice)
        now = self.read.case(case.id)
        if now.answer is None or (now.answer.text, now.answer.text_hi, now.answer.by) != (
            answer.text,
            answer.text_hi,
            answer.by,
        ):
            raise CaseAnswered(
                "Read the answer that it has; the person has been told of it.",
                "दिया गया उत्तर पढ़ें; व्यक्ति को बताया जा चुका है।",
            )
        return now
