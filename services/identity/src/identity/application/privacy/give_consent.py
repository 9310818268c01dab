"""Agree to a notice, as it was shown, for the purposes named."""

from dataclasses import dataclass
from datetime import datetime

from identity.application.people.ports import People
from identity.application.privacy.errors import InvalidConsent, NoticeChanged, NoticeIncomplete
from identity.application.privacy.ports import Consents
from identity.application.privacy.read_notices import NoticeReader, known_person
from identity.domain.privacy.consents import Consent, Language
from servicekit.errors import FieldProblem


@dataclass(frozen=True, kw_only=True)
class GiveConsent:
    """Who agrees to what, and the hash of the text that was shown; ids are minted by the caller."""

    consent_id: str
    person_id: str
    notice_id: str
    notice_version: int
    notice_sha256: str
    purposes: frozenset[str]
    language: Language
    client_id: str
    kiosk_id: str | None
    event_id: str
    request_id: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class GiveConsentHandler:
    """`complete_only`: a notice without a contact is agreed to by nobody (everywhere but in the sandbox)."""

    people: People
    notices: NoticeReader
    consents: Consents
    complete_only: bool

    def __call__(self, command: GiveConsent) -> Consent:
        """The receipt; that of before, where it says the same. Other purposes, or a new version, replace it.

        Raises PersonErased, NoticeNotFound, NoticeChanged, NoticeIncomplete, InvalidConsent.
        """
        known_person(self.people, command.person_id)
        notice = self.notices.current(command.notice_id, command.at)
        if (command.notice_version, command.notice_sha256) != (notice.version, notice.sha256):
            raise NoticeChanged(
                f"Version {notice.version} of this notice is in force. Show GET /v1/notices/{notice.id} and ask again."
            )
        if self.complete_only and notice.contact is None:
            raise NoticeIncomplete("The notice does not say who answers questions; its contact must be set first.")
        if strangers := command.purposes - notice.purpose_ids:
            offered = ", ".join(sorted(notice.purpose_ids))
            problem = FieldProblem(
                "/purposes", "not-offered", f"May only be: {offered}.", f"केवल ये हो सकते हैं: {offered}।"
            )
            raise InvalidConsent(f"{len(strangers)} purpose(s) are not in the notice.", errors=[problem])
        return self.consents.give(
            Consent(
                id=command.consent_id,
                person_id=command.person_id,
                notice_id=notice.id,
                notice_version=notice.version,
                notice_sha256=notice.sha256,
                purposes=tuple(sorted(command.purposes)),
                language=command.language,
                client_id=command.client_id,
                kiosk_id=command.kiosk_id,
                given_at=command.at,
            ),
            command.event_id,
            command.request_id,
        )
