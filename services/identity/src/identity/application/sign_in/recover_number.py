"""Get a new number by a recovery code, without a centre: for who has lost the phone and kept the codes."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from identity.application.factors.ports import FactorStore
from identity.application.people.ports import Numbers
from identity.application.recovery.apply_recovery import ApplyRecovery, ApplyRecoveryHandler
from identity.application.recovery.errors import InvalidRecovery, NotRecovered, RecoveryNotSetUp, RecoveryRunning
from identity.application.recovery.open_recovery import NewNumber, Opening, OpenRecoveryHandler
from identity.application.recovery.ports import RecoveryChanges
from identity.application.sign_in.check_code import CheckCode, tried_with
from identity.application.sign_in.errors import over
from identity.application.sign_in.ports import SignIns
from identity.application.sign_in.read_sign_in import SignInReader
from identity.domain.factors.factors import Kind, Used, stored_recovery_code
from identity.domain.people.mobile import read_mobile
from identity.domain.recovery.recovery import By, Recovery, State
from servicekit.errors import FieldProblem


@dataclass(frozen=True, kw_only=True)
class RecoverNumber(CheckCode):
    """`old_mobile` and `recovery_code` as typed, `code` is of the new number; id and stop code are the caller's."""

    old_mobile: str = field(repr=False)
    recovery_code: str = field(repr=False)
    recovery_id: str
    stop_code: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class RecoverNumberHandler:
    """The new number is proved by a code to it, the person by a recovery code; the old number has `wait` to stop it.

    A code of the app does not do: it can be guessed, so it would need a lock, which a stranger could close. Nobody
    guesses a recovery code, and each guess costs a try of a code to the guesser's own phone. An unknown old number and
    a wrong code are one answer.
    """

    sign_ins: SignIns
    numbers: Numbers
    factors: FactorStore
    open_recovery: OpenRecoveryHandler
    apply_recovery: ApplyRecoveryHandler
    changes: RecoveryChanges
    wait: timedelta | None
    key: bytes = field(repr=False)

    def __call__(self, command: RecoverNumber) -> Recovery:
        """The approved recovery; the sign-in is over. Who dies before has opened one that the same code approves.

        Raises SignInOver, WrongCode, TooManyTries, InvalidRecovery, NotRecovered, RecoveryRunning, RecoveryNotSetUp,
        DependencyUnavailable.
        """
        if self.wait is None:
            raise RecoveryNotSetUp(
                "How long a new number waits is not set (RECOVERY_WAIT_HOURS).", "नए नंबर की प्रतीक्षा-अवधि तय नहीं है।"
            )
        sign_in = SignInReader(sign_ins=self.sign_ins).of(command.ticket, command.device, command.at)
        tried = tried_with(command, sign_in, self.sign_ins, self.key)
        old = read_mobile(command.old_mobile)
        if old is None or old.index(self.key) == tried.mobile_index:
            raise InvalidRecovery(
                "Write the ten digits of the number that you have lost.",
                "जो नंबर खो गया है, उसके दस अंक लिखें।",
                errors=[
                    FieldProblem("/old_mobile", "wrong-form", "Ten digits, of another number.", "किसी दूसरे नंबर के दस अंक।")
                ],
            )
        new_index = tried.mobile_index or ""
        # What is due is done first: the number may become somebody's by it.
        waiting = self.apply_recovery(ApplyRecovery(new_index=new_index, at=command.at))
        if self.numbers.owner(new_index) is not None:
            raise InvalidRecovery(
                "Somebody signs in with the new number already; begin again with one that is nobody's.",
                "नए नंबर से कोई पहले से साइन-इन करता है; ऐसे नंबर से फिर शुरू करें जो किसी का न हो।",
            )
        person_id = self.numbers.owner(old.index(self.key)) or ""
        factors = self.factors.of(person_id)
        code = stored_recovery_code(command.recovery_code)
        if factors is None or code not in factors.recovery_codes:
            raise NotRecovered(
                "The old number and the recovery code do not belong together, or the code was used before. Who has no "
                "code left goes to a centre.",
                "पुराना नंबर और रिकवरी कोड मेल नहीं खाते, या कोड पहले उपयोग हो चुका है। जिसके पास कोड न बचा हो, वह केंद्र पर जाए।",
            )
        by = By(client_id=tried.request.client_id, person_id=person_id)
        opening = Opening(recovery_id=command.recovery_id, stop_code=command.stop_code, by=by, at=command.at)
        if waiting is not None and waiting.person_id == person_id and waiting.old_index == old.index(self.key):
            return waiting  # the answer was lost, and this is another code
        recovery = self.open_recovery.to(NewNumber(index=new_index, shown=tried.mobile_shown or ""), old, opening)
        if waiting is not None or recovery.person_id != person_id:
            raise RecoveryRunning(
                "Another change to this number runs, or the old number was somebody else's when this one began. An "
                "officer can refuse it.",
                "इस नंबर के लिए कोई और बदलाव चल रहा है, या इसे शुरू करते समय पुराना नंबर किसी और का था। अधिकारी उसे अस्वीकार कर "
                "सकते हैं।",
            )
        used = Used(kind=Kind.RECOVERY_CODE, person_id=person_id, at=command.at, recovery_code=code)
        effective_at = command.at + self.wait
        if not self.changes.approve_by_factor(recovery, by, used, tried.id, effective_at):
            raise over()
        return replace(recovery, state=State.APPROVED, decided_by=by, decided_at=command.at, effective_at=effective_at)
