"""Give who acts for a person the token for it (RFC 8693)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from identity.application.assistance.ports import Assistances
from identity.application.centres.ports import Centres
from identity.application.centres.standing import barred_centre
from identity.application.clients.errors import InvalidTokenRequest
from identity.application.people.ports import People
from identity.application.tokens.errors import CentreNotOpen, InvalidScope
from identity.application.tokens.issue_token import AccessToken
from identity.application.tokens.ports import TokenSigner
from identity.application.tokens.read_token import TokenReader
from identity.domain.assistance.assistance import MAX_TOKENS, Assistance
from identity.domain.assistance.assisted_token import assisted_claims
from identity.domain.clients.client import Client
from identity.domain.vault.records import Actor

# RFC 8693 §3 names the first; the second is ours, for the id of an assistance.
ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - the name of a type
ASSISTANCE_TYPE = "urn:emitra:params:oauth:token-type:assistance"
_REFUSED = (
    "The subject_token is no assistance that this client and this actor may use now: it is unknown, another's, not "
    "agreed to, over, or used up. Ask the person anew."
)


@dataclass(frozen=True, kw_only=True)
class ExchangeAssistance:
    """`actor_token` is the operator's own access token; None where the client acts by itself."""

    client: Client
    assistance_id: str
    actor_token: str | None = field(default=None, repr=False)
    scope: str | None
    token_id: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class ExchangeAssistanceHandler:
    """What is wrong with the subject or the actor is one answer (RFC 8693 §2.2.2): it tells nothing about others'."""

    assistances: Assistances
    people: People
    centres: Centres
    reader: TokenReader
    signer: TokenSigner
    issuer: str

    def __call__(self, command: ExchangeAssistance) -> AccessToken:
        """A token of five minutes at most. Raises InvalidTokenRequest, InvalidScope, CentreNotOpen."""
        actor, session = self._actor(command)
        assistance = self.assistances.get(command.assistance_id)
        if assistance is None or not assistance.is_of(actor) or not assistance.is_in_force(command.at):
            raise InvalidTokenRequest(_REFUSED)
        if barred_centre(self.centres, assistance.actor.kiosk_id, command.at):
            raise CentreNotOpen(
                "The register has this centre as suspended or closed. Ask the district's e-Mitra office."
            )
        scopes = _scopes(assistance, command)
        if not self.assistances.count_token(assistance.id, MAX_TOKENS, command.at):
            raise InvalidTokenRequest(_REFUSED)
        if assistance.consent is None or assistance.ends_at is None or self._is_erased(assistance.consent.person_id):
            raise InvalidTokenRequest(_REFUSED)
        claims = assisted_claims(
            assistance,
            assistance.consent,
            assistance.ends_at,
            scopes,
            issuer=self.issuer,
            token_id=command.token_id,
            at=command.at,
        )
        claims |= session
        return AccessToken(
            access_token=self.signer.sign(claims),
            scope=claims["scope"],
            expires_in=claims["exp"] - claims["iat"],
            issued_token_type=ACCESS_TOKEN_TYPE,
            authorization_details=claims["authorization_details"],
        )

    def _is_erased(self, person_id: str) -> bool:
        """Nobody acts for who is no more, though they agreed to it just before."""
        person = self.people.get(person_id)
        return person is None or person.erased_at is not None

    def _actor(self, command: ExchangeAssistance) -> tuple[Actor, dict[str, Any]]:
        """Who acts, the operator whose token it is or the client alone; and the claims by which the operator's sign-in
        and right end what they act by too. The token counts as introspection says."""
        if command.actor_token is None:
            own, kiosk_id = command.client.person, command.client.kiosk_id
            return Actor(client_id=command.client.id, kiosk_id=kiosk_id, person_id=own.id if own else None), {}
        said: Mapping[str, Any] = self.reader.introspect(command.actor_token, command.client, command.at)
        # No access token, another client's, or of somebody who acts for somebody: chains are not made here.
        if not said["active"] or "jti" not in said or said["client_id"] != command.client.id or "act" in said:
            raise InvalidTokenRequest("The actor_token is not an access token of this client that counts now.")
        person = said.get("person")
        session = {name: said[name] for name in ("sid", "right_id") if name in said}
        return (
            Actor(
                client_id=command.client.id,
                kiosk_id=said.get("kiosk_id"),
                person_id=person["id"] if person else None,
            ),
            session,
        )


def _scopes(assistance: Assistance, command: ExchangeAssistance) -> frozenset[str]:
    requested = frozenset((command.scope or "").split())
    if not requested <= assistance.act.scopes:
        raise InvalidScope("An assisted token has at most the scopes of the act that the person agreed to.")
    # What the client itself has lost since, it does not get by way of somebody else.
    granted = (requested or assistance.act.scopes) & command.client.scopes
    if not granted:
        raise InvalidScope("This client has none of the scopes of the act any more.")
    return granted
