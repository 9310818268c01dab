"""What the use cases need of second factors."""

from datetime import datetime
from typing import Any, Protocol

from identity.domain.factors.factors import Factors, Passkey


class NotProved(Exception):
    """What an authenticator gave does not prove what it should; the message is for nobody."""


class FactorStore(Protocol):
    """The factors of people."""

    def of(self, person_id: str) -> Factors | None:
        """What the person has; None for nothing."""

    def count_totp_try(self, person_id: str, at: datetime) -> datetime | None:
        """One more try at the app's code; None, or the end of the lock when MAX_TOTP_TRIES were used up in a day.

        Exact under concurrency. A right code sets the count back, where it is used (sign_in.ports.FactorChanges).
        """


class Passkeys(Protocol):
    """WebAuthn for this platform's address (the relying party)."""

    def creation_options(self, person_id: str, shown: str, challenge: bytes) -> dict[str, Any]:
        """PublicKeyCredentialCreationOptions as JSON; `shown` is how the authenticator names the account."""

    def request_options(self, challenge: bytes) -> dict[str, Any]:
        """PublicKeyCredentialRequestOptions as JSON. They name no credential, so they tell nothing of the person."""

    def id_of(self, credential: str) -> bytes:
        """Which passkey an answer is of. Raises NotProved when it cannot be read."""

    def created(self, credential: str, challenge: bytes) -> Passkey:
        """A new passkey, from the authenticator's answer as JSON text. Raises NotProved."""

    def used(self, credential: str, challenge: bytes, passkey: Passkey) -> Passkey:
        """The passkey with its new count, from the authenticator's answer as JSON text. Raises NotProved."""
