"""Who may see which application or certificate: one rule for both."""

from dataclasses import dataclass

from certificates.domain.officer import Officer
from certificates.domain.types.application_type import ApplicationType


@dataclass(frozen=True)
class Viewer:
    """The caller: a kiosk's software, a portal, or an officer's client."""

    client_id: str
    kiosk_id: str | None
    officer: Officer | None

    def may_see(
        self, application_type: ApplicationType, *, district_code: str, client_id: str, kiosk_id: str | None
    ) -> bool:
        """An officer sees their department's types in their districts, a kiosk or portal what was lodged there."""
        if self.officer is not None:
            return any(self.officer.serves(step.department, district_code) for step in application_type.steps)
        return self.lodged(client_id, kiosk_id)

    def lodged(self, client_id: str, kiosk_id: str | None) -> bool:
        """Whether that is the viewer's own centre, or for software without one its own work."""
        if self.kiosk_id is not None:
            return self.kiosk_id == kiosk_id
        return self.client_id == client_id
