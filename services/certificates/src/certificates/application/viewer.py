"""Who may see which application or certificate: one rule for both, the platform's."""

from dataclasses import dataclass

from certificates.domain.attachments.attachment import Attachment
from certificates.domain.drafts.draft import Draft
from certificates.domain.officers.officer import Officer
from certificates.domain.types.application_type import ApplicationType
from servicekit.access import Belonging, Reach


@dataclass(frozen=True)
class Viewer:
    """The caller: what they may see, and the officer that they are, if they are one."""

    reach: Reach
    officer: Officer | None

    def may_see(
        self,
        application_type: ApplicationType,
        *,
        district_code: str,
        client_id: str,
        kiosk_id: str | None,
        person_id: str | None,
    ) -> bool:
        """A case is of each department that decides a step of its type."""
        return self.reach.covers(
            Belonging(
                client_id=client_id,
                kiosk_id=kiosk_id,
                person_id=person_id,
                departments=[step.department for step in application_type.steps],
                district_code=district_code,
            )
        )

    def owns(self, made: Attachment | Draft) -> bool:
        """Before an application has it, an upload or a draft is its maker's: a centre's, a citizen's, software's."""
        return self.reach.covers(Belonging(client_id=made.client_id, kiosk_id=made.kiosk_id, person_id=made.person_id))
