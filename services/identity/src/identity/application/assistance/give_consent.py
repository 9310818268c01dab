"""The person agreed: they told the code that came to their own number."""

import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from identity.application.assistance.errors import AssistanceOver
from identity.application.assistance.ports import Assistances, ConsentText
from identity.application.assistance.read_assistances import AssistanceReader
from identity.application.people.ports import MobileOwners
from identity.application.sign_in.errors import TooManyTries, WrongCode
from identity.application.vault.ports import VaultRecords
from identity.domain.assistance.assistance import Assistance, Consent, State
from identity.domain.assistance.notices import Notice, NoticeKind
from identity.domain.people.person import Person
from identity.domain.sign_in.sign_in import MAX_TRIES, code_hmac, read_code
from identity.domain.vault.records import Actor
from servicekit.errors import FieldProblem


@dataclass(frozen=True, kw_only=True)
class GiveConsent:
    """`code` as typed. `person_id` is for the number's owner, where nobody is recorded under it yet."""

    assistance_id: str
    actor: Actor
    code: str = field(repr=False)
    person_id: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class GiveConsentHandler:
    """A try is counted before the code is looked at, so that many at once are counted too."""

    assistances: Assistances
    owners: MobileOwners
    records: VaultRecords
    read: AssistanceReader
    consent_text: ConsentText
    key: bytes = field(repr=False)

    def __call__(self, command: GiveConsent) -> Assistance:
        """The active assistance with its receipt; the right code again gives the same.

        Raises AssistanceNotFound, AssistanceOver, WrongCode, TooManyTries. Whoever dies between recording the number's
        owner and the consent leaves a person who did prove that the number is theirs; in the vault too it is theirs
        from then on: they see who reads it, and it goes with them.
        """
        assistance = self.read.own(command.assistance_id, command.actor)
        if assistance.is_in_force(command.at) and self._is_right(assistance, command.code):
            return assistance
        tried = self.assistances.count_try(assistance.id, MAX_TRIES)
        if tried is None:
            raise self._why_not(assistance)
        if tried.code_expires_at is None or command.at >= tried.code_expires_at:
            raise _over()
        if not self._is_right(tried, command.code):
            left = MAX_TRIES - tried.tries
            raise WrongCode(
                f"The code is wrong. Tries left: {left}.",
                f"कोड ग़लत है। बचे हुए प्रयास: {left}।",
                errors=[
                    FieldProblem(
                        "/code", "wrong-code", "The six digits of the message to the person's own number.",
                        "व्यक्ति के अपने नंबर पर आए संदेश के छह अंक।",
                    )
                ],
            )  # fmt: skip
        owner = Person(id=command.person_id, role="citizen", created_at=command.at)
        person_id = self.owners.record(tried.mobile_index, tried.mobile_shown, owner)
        self.records.add_owner(tried.mobile_reference, person_id)
        agreed = self.assistances.agree(
            tried,
            Consent(person_id=person_id, text_id=self.consent_text.id, at=command.at),
            command.at + timedelta(minutes=tried.minutes),
            Notice(
                id=f"{tried.id}:agreed",
                assistance_id=tried.id,
                kind=NoticeKind.AGREED,
                operation=None,
                at=command.at,
            ),
        )
        now = self.read.own(tried.id, command.actor)
        if not agreed and not now.is_in_force(command.at):
            raise _over()
        return now

    def _is_right(self, assistance: Assistance, typed: str) -> bool:
        given = code_hmac(self.key, assistance.id, read_code(typed))
        return hmac.compare_digest(given, assistance.code_hmac or "")

    def _why_not(self, assistance: Assistance) -> AssistanceOver | TooManyTries:
        if assistance.state is not State.ASKED:
            return _over()
        return TooManyTries(
            "This code counts no more, because it was written wrongly five times. Ask the person anew for the act.",
            "यह कोड अब मान्य नहीं है, क्योंकि यह पाँच बार ग़लत लिखा गया। कार्य के लिए व्यक्ति से फिर से पूछें।",
        )


def _over() -> AssistanceOver:
    return AssistanceOver(
        "The code or the assistance is over. Ask the person anew for the act.",
        "कोड या सहायता की अवधि समाप्त हो चुकी है। कार्य के लिए व्यक्ति से फिर से पूछें।",
    )
