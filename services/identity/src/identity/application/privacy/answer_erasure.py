"""A service says what it has against an erasure: everything, each time."""

from dataclasses import dataclass
from datetime import datetime

from identity.application.privacy.errors import AnswerNotGranted, ErasureBegun, ErasureNotFound, InvalidAnswer
from identity.application.privacy.ports import Erasures
from identity.application.privacy.read_erasures import Reasons
from identity.domain.privacy.erasures import HOLDS_OFFICE, OWN_ANSWER, Answer, Erasure, Hold
from servicekit.errors import FieldProblem


@dataclass(frozen=True, kw_only=True)
class AnswerErasure:
    """Which erasure, for which service, with the scopes of the token; no holds: nothing is in its way, no keeps:
    nothing stays after it."""

    erasure_id: str
    service: str
    holds: tuple[Hold, ...]
    keeps: tuple[str, ...] = ()
    scopes: frozenset[str]
    at: datetime


@dataclass(frozen=True, kw_only=True)
class AnswerErasureHandler:
    """A client answers for the service whose scope it has, and for no other."""

    erasures: Erasures
    reasons: Reasons

    def __call__(self, command: AnswerErasure) -> Erasure:
        """The erasure with the answer. A repeat changes nothing.

        Raises AnswerNotGranted, InvalidAnswer, ErasureNotFound, ErasureBegun.
        """
        scope = f"erasure-answer:{command.service}"
        if scope not in command.scopes or command.service == OWN_ANSWER:
            raise AnswerNotGranted(f"This needs the scope {scope}, which the token does not have.", missing_scope=scope)
        problems = [problem for place, hold in enumerate(command.holds) for problem in self._problems(place, hold)]
        problems += [
            self._unknown(f"/keeps/{place}") for place, why in enumerate(command.keeps) if self._is_unknown(why)
        ]
        if problems:
            raise InvalidAnswer("What holds the erasure back is not acceptable; see errors.", errors=problems)
        answer = Answer(holds=command.holds, keeps=command.keeps, answered_at=command.at)
        answered = self.erasures.answer(command.erasure_id, command.service, answer)
        if answered is not None:
            return answered
        if self.erasures.get(command.erasure_id) is None:
            raise ErasureNotFound("There is no request for erasure with this id.")
        raise ErasureBegun("The erasure has begun or was taken back: no answer changes it any more.")

    def _is_unknown(self, reason: str) -> bool:
        return reason not in self.reasons or reason == HOLDS_OFFICE

    def _unknown(self, pointer: str) -> FieldProblem:
        known = ", ".join(sorted(self.reasons.keys() - {HOLDS_OFFICE}))
        return FieldProblem(pointer, "unknown-reason", f"Name one of: {known}.", f"इनमें से एक लिखें: {known}।")

    def _problems(self, place: int, hold: Hold) -> list[FieldProblem]:
        problems = []
        if self._is_unknown(hold.reason):
            problems.append(self._unknown(f"/holds/{place}/reason"))
        if hold.until is not None and hold.until <= hold.since:
            problems.append(
                FieldProblem(
                    f"/holds/{place}/until", "before-since", "Must be later than since.", "यह since के बाद का हो।"
                )
            )
        return problems
