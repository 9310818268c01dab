"""Have a client prove that it is itself: by its secret, or by an assertion that its key signed (RFC 7523).

An app that can keep neither proves nothing.
"""

from dataclasses import dataclass, field
from datetime import datetime

from identity.application.clients.errors import InvalidClient, TooManyFailedAuthentications
from identity.application.clients.ports import Assertions, Clients, FailedAuthentications, UsedAssertions
from identity.domain.clients.client import Client
from identity.domain.clients.client_secrets import NO_SECRET_SHA256, matches

# Ten wrong secrets in a minute: more than a person mistyping, far less than a script.
MAX_FAILURES = 10
FAILURE_WINDOW_SECONDS = 60
_REFUSED = (
    "The client id is unknown, its secret or assertion is wrong, or the client was revoked. Authenticate with HTTP "
    "Basic, with client_id and client_secret in the form, or with client_assertion (RFC 7523); an app without a secret "
    "sends client_id alone."
)


@dataclass(frozen=True, kw_only=True)
class AuthenticateClient:
    """What the client sent of `client_id`, `client_secret` and `client_assertion`."""

    client_id: str | None
    client_secret: str | None = field(default=None, repr=False)
    client_assertion: str | None = field(default=None, repr=False)
    at: datetime


@dataclass(frozen=True, kw_only=True)
class AuthenticateClientHandler:
    """One indexed read when all is well, and one write more for an assertion."""

    clients: Clients
    failures: FailedAuthentications
    assertions: Assertions
    used_assertions: UsedAssertions

    def __call__(self, command: AuthenticateClient) -> Client:
        """The client. Raises InvalidClient, the same for whatever is wrong, and TooManyFailedAuthentications.

        The proof is looked at first and the limiter sees failures only. So nobody can lock a centre out by failing in
        its name (client ids are no secret). Guessing gains nothing by it: the secrets have 256 bits.
        """
        client_id = command.client_id
        if command.client_assertion is not None:
            client_id = self.assertions.subject(command.client_assertion)
            if command.client_id not in (None, client_id):
                client_id = None
        client = self.clients.get(client_id) if client_id else None
        # An unknown client takes the same comparison, or the answer's time would tell the two apart.
        # Two of them, for every client, whether its secret is being rotated or not.
        given, earlier = command.client_secret or "", client.earlier_secret if client else None
        is_present = matches(given, client.secret_sha256 if client else NO_SECRET_SHA256)
        is_earlier = matches(given, earlier.sha256 if earlier and command.at < earlier.until else NO_SECRET_SHA256)
        right = is_present or is_earlier
        if client is not None and client.is_active and self._proved(client, command, right):
            return client
        raise self._failure(client_id or "", command.at)

    def _proved(self, client: Client, command: AuthenticateClient, secret_is_right: bool) -> bool:
        if not client.is_confidential:
            return command.client_secret is None and command.client_assertion is None
        if command.client_assertion is not None:
            assertion = self.assertions.verify(command.client_assertion, client, command.at)
            return assertion is not None and self.used_assertions.record(client.id, assertion)
        return secret_is_right and not client.public_keys

    def _failure(self, client_id: str, at: datetime) -> InvalidClient | TooManyFailedAuthentications:
        window = self.failures.record(client_id, at, FAILURE_WINDOW_SECONDS)
        if window.failures <= MAX_FAILURES:
            return InvalidClient(_REFUSED)
        wait = max(1, round((window.ends_at - at).total_seconds()))
        return TooManyFailedAuthentications(
            f"This client id failed to authenticate {MAX_FAILURES} times within "
            f"{FAILURE_WINDOW_SECONDS} seconds. Check the secret, then try again in {wait} seconds.",
            retry_after_seconds=wait,
        )
