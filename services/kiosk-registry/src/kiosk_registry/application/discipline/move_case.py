"""Somebody does something with a case against a centre."""

from dataclasses import dataclass
from datetime import datetime

from kiosk_registry.application.discipline import refusals
from kiosk_registry.application.discipline.ports import CaseChanges, CaseMoved, Cases, EventIds
from kiosk_registry.application.discipline.read_cases import CaseReader
from kiosk_registry.application.running.viewer import CentreViewer
from kiosk_registry.domain.discipline.acts import (
    STATE,
    Deed,
    NoticeFirst,
    NotNow,
    NotTrading,
    NotYours,
    SamePerson,
    SuspendedInAnother,
    TooLate,
    move,
    require_allowed,
)
from kiosk_registry.domain.discipline.case import Act, Case, CaseChange, Decision, Evidence, Outcome, Standing
from kiosk_registry.domain.discipline.rules import DisciplineBook
from kiosk_registry.domain.running.centre import Office
from servicekit.idempotency import Claim, Once
from servicekit.versions import Precondition


@dataclass(frozen=True, kw_only=True)
class MoveCase:
    """The command; ids and time are minted by the route.

    `evidence` is that of its acts; `outcome`, `slab`, `suspension_days` and `order` are a decision's.
    """

    case_id: str
    viewer: CentreViewer
    act: Act
    remarks: str | None
    evidence: Evidence | None
    outcome: Outcome | None
    slab: str | None
    suspension_days: int | None
    order: str | None
    precondition: Precondition
    penalty_id: str
    ids: EventIds
    at: datetime
    claim: Claim


@dataclass(frozen=True)
class MoveCaseHandler:
    """Moves by compare-and-set: of two who act at once, exactly one does."""

    cases: Cases
    reader: CaseReader
    book: DisciplineBook

    def __call__(self, command: MoveCase) -> Once[str]:
        """Safe to repeat with the same claim: the first move stands.

        Raises CentreCaseNotFound, CentreCaseMoveNotPossible, CentreCaseOfOthers, CentreCaseNeedsAnother, TimeIsOver,
        HearFirst, CentreNotTrading, SuspendedElsewhere, ValidationFailed, StaleVersion, IdempotencyKeyReused.
        """
        if (replay := self.cases.find(command.claim)) is not None:
            return replay
        case, standing = self.reader.get(command.case_id, command.viewer)
        command.precondition.check(case.version)
        change = self._change(command, case, standing)

        def effect(changes: CaseChanges) -> None:
            changes.save(change, command.ids)

        try:
            return self.cases.once(command.claim, command.case_id, effect)
        except CaseMoved:
            now = self.reader.get(command.case_id, command.viewer)
            raise refusals.not_possible(*now, command.at) from None

    def _change(self, command: MoveCase, case: Case, standing: Standing) -> CaseChange:
        by, at = command.viewer.actor, command.at
        try:
            require_allowed(case, standing, command.act, by, at)
            deed = Deed(
                act=command.act,
                by=by,
                at=at,
                penalty_id=command.penalty_id,
                remarks=command.remarks,
                evidence=command.evidence,
                decision=self._decision(command, case) if command.act is Act.DECIDE else None,
            )
            return move(case, standing, deed, self.book.rules)
        except NotNow:
            raise refusals.not_possible(case, standing, at) from None
        except NotYours as error:
            raise refusals.of_others(error.offices) from None
        except SamePerson:
            raise refusals.same_person(command.act) from None
        except TooLate:
            raise refusals.too_late(case, command.act, self.book.rules) from None
        except NoticeFirst:
            raise refusals.notice_first() from None
        except NotTrading:
            raise refusals.not_trading() from None
        except SuspendedInAnother as error:
            raise refusals.suspended_elsewhere(error.suspension) from None

    def _decision(self, command: MoveCase, case: Case) -> Decision:
        """The figures are the slab's and never the caller's. Raises ValidationFailed, NotYours."""
        outcome = command.outcome or Outcome.DISMISSED
        times = self.cases.times(case.kiosk_id, case.offence) + 1
        slab = None
        if outcome is Outcome.PUNISHED:
            fitting = self.book.fitting(case.offence, case.district_code, case.observed_on, times)
            slab = next((slab for slab in fitting if slab.id == command.slab), None)
            if slab is None:
                raise refusals.unknown_slab(times, [slab.id for slab in fitting])
            if slab.penalty_paise is None and not slab.suspends:
                raise refusals.unset_figure(slab)
        elif outcome is Outcome.CLOSED and command.viewer.actor.office is not Office.STATE:
            raise NotYours(STATE)
        days = slab.suspension_days if slab else None
        if slab is not None and slab.suspends and days is None:
            days = command.suspension_days
            if days is None or days > self.book.rules.longest_suspension_days:
                raise refusals.suspension_days_needed(self.book.rules.longest_suspension_days)
        elif command.suspension_days is not None:
            raise refusals.suspension_days_not_allowed()
        return Decision(
            outcome=outcome,
            by=command.viewer.actor,
            at=command.at,
            remarks=command.remarks or "",
            times=times,
            slab=slab.id if slab else None,
            order=slab.order if slab else command.order,
            penalty_paise=slab.penalty_paise if slab else None,
            lsp_paise=slab.lsp_paise() if slab else 0,
            suspension_days=days,
        )
