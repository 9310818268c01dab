"""Read a sign-in for the browser that began it."""

from dataclasses import dataclass
from datetime import datetime

from identity.application.sign_in.errors import SignInOver
from identity.application.sign_in.ports import SignIns
from identity.domain.sign_in.sign_in import SignIn, Stage
from identity.domain.tokens.grants import stored


@dataclass(frozen=True, kw_only=True)
class SignInReader:
    """The ticket in the page and the cookie of the browser have to belong together: no other site has either."""

    sign_ins: SignIns

    def of(self, ticket: str, device: str, at: datetime) -> SignIn:
        """The sign-in that goes on. Raises SignInOver for any other."""
        sign_in = self.sign_ins.get(stored(ticket))
        if (
            sign_in is None
            or sign_in.device_id != stored(device)
            or sign_in.stage is Stage.DONE
            or at >= sign_in.expires_at
        ):
            raise SignInOver(
                "Go back to the app and begin again. Cookies must be allowed for this page.",
                "ऐप पर वापस जाएँ और फिर से शुरू करें। इस पृष्ठ के लिए कुकी की अनुमति होनी चाहिए।",
            )
        return sign_in
