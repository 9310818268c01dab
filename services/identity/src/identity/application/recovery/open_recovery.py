"""Open a recovery, at a centre, for somebody who has lost their number or their second factor."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from identity.application.factors.secret_box import SecretBox
from identity.application.people.ports import NoticeSender, Numbers
from identity.application.recovery.errors import InvalidRecovery, RecoveryNotSetUp, RecoveryRunning
from identity.application.recovery.ports import Recoveries
from identity.domain.factors.factors import in_groups
from identity.domain.people.mobile import Mobile, read_mobile
from identity.domain.recovery.recovery import By, Recovery, State
from identity.domain.tokens.grants import stored
from servicekit.errors import FieldProblem
from servicekit.faults import crash_point


@dataclass(frozen=True, kw_only=True)
class Opening:
    """Who opens a recovery; its id and the stop code are minted by the caller."""

    recovery_id: str
    stop_code: str = field(repr=False)
    by: By
    at: datetime


@dataclass(frozen=True, kw_only=True)
class OpenRecovery(Opening):
    """Numbers as typed. The old number is the new one where only the second factor is lost."""

    old_mobile: str = field(repr=False)
    new_mobile: str = field(repr=False)
    resets_factors: bool


@dataclass(frozen=True, kw_only=True)
class NewNumber:
    """By its index and its mask (domain.people.mobile), and whether the second factors are forgotten with it."""

    index: str
    shown: str
    resets_factors: bool = False


@dataclass(frozen=True, kw_only=True)
class OpenRecoveryHandler:
    """Known and unknown numbers are treated alike, the notice included: nobody learns at a centre who has one."""

    recoveries: Recoveries
    numbers: Numbers
    notices: NoticeSender | None
    box: SecretBox
    issuer: str
    key: bytes = field(repr=False)

    def __call__(self, command: OpenRecovery) -> Recovery:
        """The open recovery; a repeat gives the one that runs, and tells the old number where that failed.

        Raises InvalidRecovery, RecoveryRunning, RecoveryNotSetUp, DependencyUnavailable.
        """
        old, new = _numbers(command)
        return self.to(
            NewNumber(index=new.index(self.key), shown=new.shown, resets_factors=command.resets_factors), old, command
        )

    def to(self, new: NewNumber, old: Mobile, command: Opening) -> Recovery:
        """The same for a new number that is not known in whole. Raises RecoveryRunning, RecoveryNotSetUp,
        DependencyUnavailable.
        """
        if self.notices is None:
            raise RecoveryNotSetUp("No notices are sent from here.", "यहाँ से सूचनाएँ नहीं भेजी जातीं।")
        asked = Recovery(
            id=command.recovery_id,
            person_id=self.numbers.owner(old.index(self.key)),
            old_index=old.index(self.key),
            old_shown=old.shown,
            old_sealed=self.box.seal(old.digits, command.recovery_id),
            new_index=new.index,
            new_shown=new.shown,
            resets_factors=new.resets_factors,
            stop_code=stored(command.stop_code),
            notified=False,
            state=State.OPEN,
            opened_by=command.by,
            opened_at=command.at,
        )
        kept = self.recoveries.add(asked)
        if (kept.new_index, kept.resets_factors) != (asked.new_index, asked.resets_factors):
            raise RecoveryRunning(
                f"An officer can refuse it ({kept.id}), or its owner stop it with the code in the notice.",
                f"अधिकारी उसे ({kept.id}) अस्वीकार कर सकते हैं, या नंबर का स्वामी सूचना के कोड से रोक सकता है।",
                recovery_id=kept.id,
            )
        return kept if kept.notified else self._tell(kept, asked, old, command)

    def _tell(self, kept: Recovery, asked: Recovery, old: Mobile, command: Opening) -> Recovery:
        """Whoever dies before the notice is out leaves a recovery that nobody approves.

        Of two at once the later code counts, and only who sent that one has told it.
        """
        if kept.stop_code != asked.stop_code and not self.recoveries.set_stop_code(kept.id, asked.stop_code):
            return replace(kept, notified=True)
        crash_point("P4")
        assert self.notices is not None
        code, page = in_groups(command.stop_code, "-"), f"{self.issuer}/v1/oauth2/recovery-stop"
        self.notices.notify(
            old,
            "ई-मित्र: आपके खाते का नंबर या दूसरा चरण बदलने का अनुरोध हुआ है। यदि यह आप नहीं हैं, तो "
            f"{page} पर यह कोड लिखकर रोकें: {code} / "
            "e-Mitra: somebody asked to change your account’s number or second step. If it was not you, stop it at "
            f"{page} with the code {code}",
            command.at,
        )
        crash_point("P5")
        notified = self.recoveries.set_notified(kept.id, asked.stop_code)
        return replace(kept, stop_code=asked.stop_code, notified=notified)


def _numbers(command: OpenRecovery) -> tuple[Mobile, Mobile]:
    old, new = read_mobile(command.old_mobile), read_mobile(command.new_mobile)
    problems = [
        FieldProblem(
            f"/{name}",
            "wrong-form",
            "Ten digits that begin with 6, 7, 8 or 9.",
            "दस अंक, जो 6, 7, 8 या 9 से शुरू हों।",
        )
        for name, mobile in (("old_mobile", old), ("new_mobile", new))
        if mobile is None
    ]
    if old is None or new is None:
        raise InvalidRecovery(
            "A number is no mobile number of India; see errors.", "कोई नंबर भारत का मोबाइल नंबर नहीं है।", errors=problems
        )
    if old == new and not command.resets_factors:
        raise InvalidRecovery(
            "Both numbers are the same, and nothing else changes.", "दोनों नंबर एक ही हैं, और कुछ नहीं बदलता।"
        )
    return old, new
