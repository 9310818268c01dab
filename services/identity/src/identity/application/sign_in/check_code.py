"""Check a one-time code, and find what whoever has the number may act as."""

import hmac
from dataclasses import dataclass, field, replace
from datetime import datetime

from identity.application.recovery.apply_recovery import ApplyRecovery, ApplyRecoveryHandler
from identity.application.sign_in.errors import NumberWaits, TooManyTries, WrongCode, over
from identity.application.sign_in.ports import SignIns
from identity.application.sign_in.read_choices import ChoiceReader, Choices
from identity.application.sign_in.read_sign_in import SignInReader
from identity.domain.sign_in.sign_in import MAX_TRIES, SignIn, Stage, code_hmac, read_code
from servicekit.errors import FieldProblem
from servicekit.instants import rfc3339


@dataclass(frozen=True, kw_only=True)
class CheckCode:
    """`code` as typed."""

    ticket: str = field(repr=False)
    device: str = field(repr=False)
    code: str = field(repr=False)
    at: datetime


def tried_with(command: CheckCode, sign_in: SignIn, sign_ins: SignIns, key: bytes) -> SignIn:
    """The sign-in, with a try more, whose number the code proves. Raises WrongCode, TooManyTries."""
    if sign_in.stage is not Stage.CODE_SENT:
        raise WrongCode(
            "Write your mobile number first; a code is then sent to it.",
            "पहले अपना मोबाइल नंबर लिखें; फिर उस पर कोड भेजा जाएगा।",
        )
    tried = sign_ins.count_try(sign_in.id, MAX_TRIES)
    if tried is None:
        raise TooManyTries(
            "This code counts no more, because it was written wrongly five times. Ask for a new one below.",
            "यह कोड अब मान्य नहीं है, क्योंकि यह पाँच बार ग़लत लिखा गया। नीचे नया कोड माँगें।",
        )
    typed = code_hmac(key, sign_in.id, read_code(command.code))
    right = hmac.compare_digest(typed, tried.code_hmac or "")
    if not right or tried.code_expires_at is None or command.at >= tried.code_expires_at:
        left = MAX_TRIES - tried.tries
        raise WrongCode(
            f"The code is wrong, or older than five minutes. Tries left: {left}.",
            f"कोड ग़लत है, या पाँच मिनट से पुराना है। बचे हुए प्रयास: {left}।",
            errors=[FieldProblem("/code", "wrong-code", "The six digits of the latest message.")],
        )
    return tried


@dataclass(frozen=True, kw_only=True)
class CheckCodeHandler:
    """A try is counted before the code is looked at, so that many at once are counted too."""

    sign_ins: SignIns
    choices: ChoiceReader
    apply_recovery: ApplyRecoveryHandler
    key: bytes = field(repr=False)

    def __call__(self, command: CheckCode) -> tuple[SignIn, Choices]:
        """The sign-in whose code is right; where there is more than one choice it goes on with that.

        A recovery that is due is made first: the number may become another person's by it.
        Raises SignInOver, WrongCode, TooManyTries, NumberWaits, DependencyUnavailable.
        """
        sign_in = SignInReader(sign_ins=self.sign_ins).of(command.ticket, command.device, command.at)
        if sign_in.stage is Stage.CHOOSING:  # the form was sent twice: who has ticket and cookie chooses anyway
            return sign_in, self.choices.of(sign_in, command.at)
        tried = tried_with(command, sign_in, self.sign_ins, self.key)
        waiting = self.apply_recovery(ApplyRecovery(new_index=tried.mobile_index or "", at=command.at))
        # Looked up once the phone is proved: before that nobody learns whether the number is anybody's.
        choices = self.choices.of(tried, command.at)
        if choices.person_id is None and waiting and waiting.person_id and waiting.effective_at:
            # As somebody new they would stand in the way of their own number.
            raise NumberWaits(
                "This number becomes an account's new number after its waiting time. Sign in with it then; if you know "
                "nothing of it, go to a centre: an officer can refuse it.",
                "प्रतीक्षा-अवधि के बाद यह नंबर एक खाते का नया नंबर बनेगा। तब इससे साइन-इन करें; यदि आपको इसकी जानकारी नहीं है, तो "
                "केंद्र पर जाएँ: अधिकारी इसे अस्वीकार कर सकते हैं।",
                counts_from=rfc3339(waiting.effective_at),
            )
        if choices.count < 2:
            return tried, choices
        if not self.sign_ins.code_was_right(tried):
            raise over()
        return replace(tried, stage=Stage.CHOOSING), choices
