"""End a sign-in whose second factor is proved, with an authorization code for the app."""

from dataclasses import dataclass, field
from datetime import datetime

from identity.application.people.ports import People
from identity.application.sign_in.errors import over
from identity.application.sign_in.ports import Completion, Completions, SignIns
from identity.application.sign_in.read_sign_in import SignInReader
from identity.domain.sign_in.sign_in import DEVICE_KNOWN, Stage
from identity.domain.tokens.grants import CODE_LIVES, AuthorizationCode, stored


@dataclass(frozen=True, kw_only=True)
class EndSignIn:
    """What it brings about has its ids from the caller: a grant, a code, a cookie."""

    ticket: str = field(repr=False)
    device: str = field(repr=False)
    new_device: str = field(repr=False)
    authorization_code: str = field(repr=False)
    grant_id: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class EndSignInHandler:
    """The same transaction with which a sign-in without second factor ends."""

    sign_ins: SignIns
    completions: Completions
    people: People

    def __call__(self, command: EndSignIn) -> None:
        """End it: the code in force, the browser known by a new cookie. Raises SignInOver."""
        sign_in = SignInReader(sign_ins=self.sign_ins).of(command.ticket, command.device, command.at)
        person = self.people.get(sign_in.person_id or "")
        if sign_in.stage is not Stage.FACTOR_PROVED or person is None or sign_in.amr is None:
            raise over()
        ended = self.completions.complete(
            Completion(
                sign_in=sign_in,
                person=person,
                code=AuthorizationCode(
                    id=stored(command.authorization_code),
                    grant_id=command.grant_id,
                    person_id=person.id,
                    request=sign_in.request,
                    auth_time=command.at,
                    expires_at=command.at + CODE_LIVES,
                    amr=sign_in.amr,
                ),
                device_id=stored(command.new_device),
                device_known_until=command.at + DEVICE_KNOWN,
            )
        )
        if not ended:
            raise over()
