"""A party follows its case by the secret that is printed on its notice."""

import hmac
from dataclasses import dataclass
from datetime import datetime

from revenue_courts.application.errors import CourtCaseNotFound
from revenue_courts.application.move_case import not_fitting, not_possible
from revenue_courts.application.ports import Cases, Changes
from revenue_courts.domain.calendar import Calendar
from revenue_courts.domain.case import Act, Actor, Office
from revenue_courts.domain.deed import Deed, DoesNotFit, NotNow
from revenue_courts.domain.moves import move
from servicekit.idempotency import Claim, Once


@dataclass(frozen=True, kw_only=True)
class JoinCase:
    """The command. `number` and `code` stand on the notice: the code is a secret, never log it."""

    number: str
    code: str
    person_id: str
    event_ids: tuple[str, str]
    at: datetime
    request_id: str
    claim: Claim


@dataclass(frozen=True)
class JoinCaseHandler:
    """A wrong code and a case that is none are told alike: who guesses learns nothing."""

    cases: Cases
    calendar: Calendar

    def __call__(self, command: JoinCase) -> Once[str]:
        """The case's id. Safe to repeat with the same claim.

        Raises CourtCaseNotFound, ActDoesNotFit, ActNotPossible, IdempotencyKeyReused.
        """
        if (replay := self.cases.find(command.claim)) is not None:
            return replay
        read = self.cases.by_number(command.number)
        notices = self.cases.notices(read.id) if read is not None else ()
        named = [one.no for one in notices if hmac.compare_digest(one.code, command.code)]
        if read is None or not named:
            raise CourtCaseNotFound("No notice has this number and this code; compare them with the notice.")

        def effect(changes: Changes) -> None:
            case, notice = changes.get(read.id), changes.notice(read.id, named[0])
            assert case is not None
            deed = Deed(
                act=Act.JOIN,
                by=Actor(command.person_id, Office.PARTY),
                at=command.at,
                event_ids=command.event_ids,
                notice=notice,
            )
            changes.save(move(case, deed, self.calendar), command.request_id)

        try:
            return self.cases.once(command.claim, read.id, effect)
        except DoesNotFit as error:
            raise not_fitting(error) from None
        except NotNow:
            raise not_possible(read) from None
