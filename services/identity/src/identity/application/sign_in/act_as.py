"""Say as what somebody signs in: it ends the sign-in, or leads to the second factor that this wants."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from identity.application.factors.secret_box import SecretBox
from identity.application.sign_in.end_sign_in import SignInEnd, completion
from identity.application.sign_in.errors import NoSuchChoice, over
from identity.application.sign_in.ports import Completions, SignIns
from identity.application.sign_in.read_choices import ChoiceReader
from identity.domain.people.person import Person
from identity.domain.people.rights import ROLES_WITH_SECOND_FACTOR, Role
from identity.domain.sign_in.sign_in import SignIn, Stage


@dataclass(frozen=True, kw_only=True)
class ActAs(SignInEnd):
    """A sign-in whose code was right; `right_id` is what the person acts by, None for a citizen.

    What it may bring about has its ids and secrets from the caller: a person, a grant, a code, a cookie; what an
    authenticator signs, and the secret of a new app.
    """

    sign_in: SignIn
    right_id: str | None
    person_id: str
    challenge: bytes = field(repr=False)
    totp_secret: str = field(repr=False)
    at: datetime


@dataclass(frozen=True, kw_only=True)
class ActAsHandler:
    """What is chosen has to be there to be chosen when it is."""

    sign_ins: SignIns
    completions: Completions
    choices: ChoiceReader
    box: SecretBox

    def __call__(self, command: ActAs) -> SignIn:
        """The sign-in, ended: the code in force, the person recorded if new, the browser known by a new cookie.

        At the stage NUMBER_PROVED instead, and nothing of that done, where the right wants a second factor.
        Raises SignInOver, NoSuchChoice.
        """
        sign_in, right_id = command.sign_in, command.right_id
        choices = self.choices.of(sign_in, command.at)
        if not choices.has(right_id):
            raise NoSuchChoice(
                "Choose one of the ways that the page shows; what ended meanwhile is not among them.",
                "पृष्ठ पर दिखाए गए विकल्पों में से एक चुनें; जो इस बीच समाप्त हुआ, वह उनमें नहीं है।",
            )
        right = next((right for right in choices.rights if right.id == right_id), None)
        if right is not None and right.role in ROLES_WITH_SECOND_FACTOR:
            return self._lead_on(command, choices.person_id)
        person = Person(id=command.person_id, role=Role.CITIZEN, created_at=command.at)
        if not self.completions.complete(completion(sign_in, person, right_id, command, command.at)):
            raise over()
        return replace(sign_in, stage=Stage.DONE)

    def _lead_on(self, command: ActAs, person_id: str | None) -> SignIn:
        proved = replace(
            command.sign_in,
            stage=Stage.NUMBER_PROVED,
            person_id=person_id,
            right_id=command.right_id,
            challenge=command.challenge,
            totp_sealed=self.box.seal(command.totp_secret, command.sign_in.id),
            factor_tries=0,
        )
        if not self.sign_ins.prove_number(proved):
            raise over()
        return proved
