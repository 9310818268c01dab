"""End a sign-in whose second factor is proved, with an authorization code for the app."""

from dataclasses import dataclass, field
from datetime import datetime

from identity.application.people.ports import People
from identity.application.sign_in.errors import over
from identity.application.sign_in.ports import Completion, Completions, SignIns
from identity.application.sign_in.read_choices import ChoiceReader
from identity.application.sign_in.read_sign_in import SignInReader
from identity.domain.people.person import Person
from identity.domain.sign_in.sign_in import DEVICE_KNOWN, SignIn, Stage
from identity.domain.tokens.grants import CODE_LIVES, AuthorizationCode, stored
from identity.domain.tokens.methods import ONE_FACTOR


@dataclass(frozen=True, kw_only=True)
class SignInEnd:
    """What the end of a sign-in brings about, minted by the caller: a cookie, a code, a grant."""

    new_device: str = field(repr=False)
    authorization_code: str = field(repr=False)
    grant_id: str


@dataclass(frozen=True, kw_only=True)
class EndSignIn(SignInEnd):
    """Whose second factor was proved."""

    ticket: str = field(repr=False)
    device: str = field(repr=False)
    at: datetime


@dataclass(frozen=True, kw_only=True)
class EndSignInHandler:
    """The same transaction with which a sign-in without second factor ends."""

    sign_ins: SignIns
    completions: Completions
    people: People
    choices: ChoiceReader

    def __call__(self, command: EndSignIn) -> None:
        """End it: the code in force, the browser known by a new cookie.

        Raises SignInOver, also where the right that was chosen is in force no more.
        """
        sign_in = SignInReader(sign_ins=self.sign_ins).of(command.ticket, command.device, command.at)
        person = self.people.get(sign_in.person_id or "")
        if sign_in.stage is not Stage.FACTOR_PROVED or person is None or sign_in.amr is None:
            raise over()
        choices = self.choices.of(sign_in, command.at)
        # After a recovery meanwhile the number is somebody else's, and what they may act as is not this person's.
        if choices.person_id != person.id or not choices.has(sign_in.right_id):
            raise over()
        if not self.completions.complete(completion(sign_in, person, sign_in.right_id, command, command.at)):
            raise over()


def completion(sign_in: SignIn, person: Person, right_id: str | None, end: SignInEnd, at: datetime) -> Completion:
    """All that ends a sign-in at `at`; `person` is who it is where the number is nobody's yet."""
    return Completion(
        sign_in=sign_in,
        person=person,
        code=AuthorizationCode(
            id=stored(end.authorization_code),
            grant_id=end.grant_id,
            person_id=person.id,
            request=sign_in.request,
            auth_time=at,
            expires_at=at + CODE_LIVES,
            right_id=right_id,
            amr=sign_in.amr or ONE_FACTOR,
        ),
        device_id=stored(end.new_device),
        device_known_until=at + DEVICE_KNOWN,
    )
