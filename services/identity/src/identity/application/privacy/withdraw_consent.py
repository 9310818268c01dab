"""Withdraw a consent: one step, no reason asked (section 6(4): as easy as giving it)."""

from dataclasses import dataclass
from datetime import datetime

from identity.application.people.ports import People
from identity.application.privacy.errors import ConsentNotFound
from identity.application.privacy.ports import Consents
from identity.application.privacy.read_notices import known_person
from identity.domain.privacy.consents import Consent


@dataclass(frozen=True, kw_only=True)
class WithdrawConsent:
    """Whose consent, and which."""

    consent_id: str
    person_id: str
    event_id: str
    request_id: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class WithdrawConsentHandler:
    """The end and its event in one transaction."""

    people: People
    consents: Consents

    def __call__(self, command: WithdrawConsent) -> Consent:
        """The receipt, ended. A repeat changes nothing. Raises PersonErased; ConsentNotFound, for another's too."""
        known_person(self.people, command.person_id)
        consent = self.consents.get(command.consent_id, command.person_id)
        if consent is None:
            raise ConsentNotFound("There is no consent of yours with this id.")
        if not consent.is_in_force:
            return consent
        self.consents.withdraw(consent, command.at, command.event_id, command.request_id)
        return self.consents.get(consent.id, command.person_id) or consent
