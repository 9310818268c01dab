"""Who may see which application or certificate: one rule for both."""

from dataclasses import dataclass

from certificates.domain.officer import Officer
from certificates.domain.types.application_type import ApplicationType


@dataclass(frozen=True)
class Viewer:
    """The caller: a kiosk's software, a portal, an officer's client, or a citizen, present or acted for (ADR 0044)."""

    client_id: str
    kiosk_id: str | None
    officer: Officer | None
    citizen_id: str | None = None

    def may_see(
        self,
        application_type: ApplicationType,
        *,
        district_code: str,
        client_id: str,
        kiosk_id: str | None,
        citizen_id: str | None,
    ) -> bool:
        """An officer sees their department's types in their districts, a kiosk or portal what was lodged there, and who
        acts for a citizen what is theirs and nothing else of the centre's."""
        if self.citizen_id is not None:
            return self.citizen_id == citizen_id
        if self.officer is not None:
            return any(self.officer.serves(step.department, district_code) for step in application_type.steps)
        if self.kiosk_id is not None:
            return self.kiosk_id == kiosk_id
        return self.client_id == client_id
