"""Begin a sign-in that an app asked for."""

from dataclasses import dataclass, field
from datetime import datetime

from identity.application.sign_in.ports import SignIns
from identity.domain.sign_in.sign_in import SIGN_IN_LIVES, SignIn
from identity.domain.tokens.grants import AuthorizationRequest, stored


@dataclass(frozen=True, kw_only=True)
class BeginSignIn:
    """`ticket` is minted by the caller and goes into the page, `device` is the browser's cookie."""

    ticket: str = field(repr=False)
    device: str = field(repr=False)
    request: AuthorizationRequest
    at: datetime


@dataclass(frozen=True, kw_only=True)
class BeginSignInHandler:
    """Keeps what was asked, so that nothing of it comes from the page again."""

    sign_ins: SignIns

    def __call__(self, command: BeginSignIn) -> SignIn:
        """Begin; a repeat with another ticket begins another one, in another tab."""
        sign_in = SignIn(
            id=stored(command.ticket),
            device_id=stored(command.device),
            request=command.request,
            expires_at=command.at + SIGN_IN_LIVES,
        )
        self.sign_ins.add(sign_in)
        return sign_in
