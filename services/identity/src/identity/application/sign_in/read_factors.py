"""What the page of the second step offers."""

from dataclasses import dataclass, field
from typing import Any

from identity.application.factors.ports import FactorStore, Passkeys
from identity.application.factors.secret_box import SecretBox
from identity.application.factors.totp import address_of
from identity.domain.sign_in.sign_in import SignIn, Stage


@dataclass(frozen=True, kw_only=True)
class Offered:
    """`enrols` says whether a factor is to be enrolled or one that the person has is to be proved.

    To enrol there are the new app's secret and its otpauth address. `passkey_options` are for the browser, None where
    passkeys cannot be used or the person has none to prove.
    """

    enrols: bool
    has_totp: bool = False
    totp_secret: str = field(default="", repr=False)
    totp_address: str = field(default="", repr=False)
    passkey_options: dict[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class FactorReader:
    """Reads for a sign-in that the browser goes on with."""

    factors: FactorStore
    passkeys: Passkeys | None
    box: SecretBox

    def offered(self, sign_in: SignIn) -> Offered:
        """At the stage NUMBER_PROVED what to prove, or to enrol for who has nothing; later what to enrol beside."""
        factors = self.factors.of(sign_in.person_id or "")
        if factors and sign_in.stage is Stage.NUMBER_PROVED:
            options = self.passkeys.request_options(sign_in.challenge or b"") if self.passkeys else None
            return Offered(
                enrols=False,
                has_totp=factors.totp is not None,
                passkey_options=options if factors.passkeys else None,
            )
        secret = self.box.open(sign_in.totp_sealed or b"", sign_in.id)
        account = sign_in.mobile_shown or ""
        return Offered(
            enrols=True,
            totp_secret=secret,
            totp_address=address_of(secret, account),
            passkey_options=self.passkeys.creation_options(sign_in.person_id or "", account, sign_in.challenge or b"")
            if self.passkeys
            else None,
        )
