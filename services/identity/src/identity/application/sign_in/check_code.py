"""Check a one-time code; it ends the sign-in with an authorization code for the app, or leads to the second factor."""

import hmac
from dataclasses import dataclass, field, replace
from datetime import datetime

from identity.application.factors.secret_box import SecretBox
from identity.application.people.ports import Numbers, People
from identity.application.recovery.apply_recovery import ApplyRecovery, ApplyRecoveryHandler
from identity.application.sign_in.errors import TooManyTries, WrongCode, over
from identity.application.sign_in.ports import Completion, Completions, SignIns
from identity.application.sign_in.read_sign_in import SignInReader
from identity.domain.people.person import Person
from identity.domain.sign_in.sign_in import DEVICE_KNOWN, MAX_TRIES, SignIn, Stage, code_hmac, read_code
from identity.domain.tokens.grants import CODE_LIVES, AuthorizationCode, stored
from servicekit.errors import FieldProblem


@dataclass(frozen=True, kw_only=True)
class CheckCode:
    """`code` as typed. What it may bring about has its ids and secrets from the caller: a person, a grant, a code, a
    cookie; what an authenticator signs, and the secret of a new app."""

    ticket: str = field(repr=False)
    device: str = field(repr=False)
    code: str = field(repr=False)
    new_device: str = field(repr=False)
    authorization_code: str = field(repr=False)
    person_id: str
    grant_id: str
    challenge: bytes = field(repr=False)
    totp_secret: str = field(repr=False)
    at: datetime


@dataclass(frozen=True, kw_only=True)
class CheckCodeHandler:
    """A try is counted before the code is looked at, so that many at once are counted too."""

    sign_ins: SignIns
    completions: Completions
    numbers: Numbers
    people: People
    apply_recovery: ApplyRecoveryHandler
    box: SecretBox
    key: bytes = field(repr=False)

    def __call__(self, command: CheckCode) -> SignIn:
        """The sign-in, ended: the code in force, the person recorded if new, the browser known by a new cookie.

        At the stage NUMBER_PROVED instead, and nothing of that done, where the person needs a second factor.
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
        self.apply_recovery(ApplyRecovery(new_index=tried.mobile_index or "", at=command.at))
        # Looked up once the phone is proved: before that nobody learns whether the number is anybody's.
        owner = self.people.get(self.numbers.owner(tried.mobile_index or "") or "")
        if owner and owner.needs_second_factor:
            return self._lead_on(command, tried, owner)
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
            raise over()
        return replace(tried, stage=Stage.DONE)

    def _lead_on(self, command: CheckCode, tried: SignIn, person: Person) -> SignIn:
        proved = replace(
            tried,
            stage=Stage.NUMBER_PROVED,
            person_id=person.id,
            challenge=command.challenge,
            totp_sealed=self.box.seal(command.totp_secret, tried.id),
            factor_tries=0,
        )
        if not self.sign_ins.prove_number(proved):
            raise over()
        return proved
