"""End a sign-in with an authorization code for the app."""

from dataclasses import dataclass, field
from datetime import datetime

from identity.application.sign_in.check_code import ChoiceReader
from identity.application.sign_in.errors import NoSuchChoice, SignInOver
from identity.application.sign_in.ports import Completion, Completions
from identity.domain.people.person import Person
from identity.domain.people.rights import Role
from identity.domain.sign_in.sign_in import DEVICE_KNOWN, SignIn
from identity.domain.tokens.grants import CODE_LIVES, AuthorizationCode, stored


@dataclass(frozen=True, kw_only=True)
class EndSignIn:
    """A sign-in whose code was right; `right_id` is what the person acts by, None for a citizen.

    What it may bring about has its ids from the caller: a person, a grant, a code, a cookie.
    """

    sign_in: SignIn
    right_id: str | None
    new_device: str = field(repr=False)
    authorization_code: str = field(repr=False)
    person_id: str
    grant_id: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class EndSignInHandler:
    """What is chosen has to be there to be chosen when it is."""

    completions: Completions
    choices: ChoiceReader

    def __call__(self, command: EndSignIn) -> None:
        """End: the code in force, the person recorded if new, the browser known by a new cookie.

        Raises SignInOver, NoSuchChoice.
        """
        sign_in = command.sign_in
        choices = self.choices.of(sign_in, command.at)
        if not (choices.citizen if command.right_id is None else command.right_id in {r.id for r in choices.rights}):
            raise NoSuchChoice(
                "Choose one of the ways that the page shows; what ended meanwhile is not among them.",
                "पृष्ठ पर दिखाए गए विकल्पों में से एक चुनें; जो इस बीच समाप्त हुआ, वह उनमें नहीं है।",
            )
        ended = self.completions.complete(
            Completion(
                sign_in=sign_in,
                person=Person(id=command.person_id, role=Role.CITIZEN, created_at=command.at),
                code=AuthorizationCode(
                    id=stored(command.authorization_code),
                    grant_id=command.grant_id,
                    person_id=command.person_id,
                    request=sign_in.request,
                    auth_time=command.at,
                    expires_at=command.at + CODE_LIVES,
                    right_id=command.right_id,
                ),
                device_id=stored(command.new_device),
                device_known_until=command.at + DEVICE_KNOWN,
            )
        )
        if not ended:
            raise SignInOver("Go back to the app and begin again.", "ऐप पर वापस जाएँ और फिर से शुरू करें।")
