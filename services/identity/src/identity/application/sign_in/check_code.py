"""Check a one-time code, and end the sign-in with an authorization code for the app."""

import hmac
from dataclasses import dataclass, field
from datetime import datetime

from identity.application.sign_in.errors import SignInOver, TooManyTries, WrongCode
from identity.application.sign_in.ports import Completion, Completions, SignIns
from identity.application.sign_in.read_sign_in import SignInReader
from identity.domain.people.person import Person
from identity.domain.sign_in.sign_in import DEVICE_KNOWN, MAX_TRIES, Stage, code_hmac, read_code
from identity.domain.tokens.grants import CODE_LIVES, AuthorizationCode, stored
from servicekit.errors import FieldProblem


@dataclass(frozen=True, kw_only=True)
class CheckCode:
    """`code` as typed. What it may bring about has its ids from the caller: a person, a grant, a code, a cookie."""

    ticket: str = field(repr=False)
    device: str = field(repr=False)
    code: str = field(repr=False)
    new_device: str = field(repr=False)
    authorization_code: str = field(repr=False)
    person_id: str
    grant_id: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class CheckCodeHandler:
    """A try is counted before the code is looked at, so that many at once are counted too."""

    sign_ins: SignIns
    completions: Completions
    key: bytes = field(repr=False)

    def __call__(self, command: CheckCode) -> None:
        """End the sign-in: the code in force, the person recorded if new, the browser known by a new cookie.

        Raises SignInOver, WrongCode, TooManyTries.
        """
        sign_in = SignInReader(sign_ins=self.sign_ins).of(command.ticket, command.device, command.at)
        if sign_in.stage is not Stage.CODE_SENT:
            raise WrongCode(
                "Write your mobile number first; a code is then sent to it.",
                "पहले अपना मोबाइल नंबर लिखें; फिर उस पर कोड भेजा जाएगा।",
            )
        tried = self.sign_ins.count_try(sign_in.id, MAX_TRIES)
        if tried is None:
            raise TooManyTries(
                "This code counts no more, because it was written wrongly five times. Ask for a new one below.",
                "यह कोड अब मान्य नहीं है, क्योंकि यह पाँच बार ग़लत लिखा गया। नीचे नया कोड माँगें।",
            )
        typed = code_hmac(self.key, sign_in.id, read_code(command.code))
        right = hmac.compare_digest(typed, tried.code_hmac or "")
        if not right or tried.code_expires_at is None or command.at >= tried.code_expires_at:
            left = MAX_TRIES - tried.tries
            raise WrongCode(
                f"The code is wrong, or older than five minutes. Tries left: {left}.",
                f"कोड ग़लत है, या पाँच मिनट से पुराना है। बचे हुए प्रयास: {left}।",
                errors=[FieldProblem("/code", "wrong-code", "The six digits of the latest message.")],
            )
        ended = self.completions.complete(
            Completion(
                sign_in=tried,
                person=Person(id=command.person_id, role="citizen", created_at=command.at),
                code=AuthorizationCode(
                    id=stored(command.authorization_code),
                    grant_id=command.grant_id,
                    person_id=command.person_id,
                    request=tried.request,
                    auth_time=command.at,
                    expires_at=command.at + CODE_LIVES,
                ),
                device_id=stored(command.new_device),
                device_known_until=command.at + DEVICE_KNOWN,
            )
        )
        if not ended:
            raise SignInOver("Go back to the app and begin again.", "ऐप पर वापस जाएँ और फिर से शुरू करें।")
