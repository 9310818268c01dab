"""Codes, grants, refresh tokens, and what was revoked or used, each in a collection that empties itself (TTL)."""

from datetime import datetime
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from identity.application.clients.ports import VerifiedAssertion
from identity.domain.tokens.grants import (
    USED_CODE_REMEMBERED,
    AuthorizationCode,
    AuthorizationRequest,
    Grant,
    RefreshToken,
)
from identity.domain.tokens.methods import ONE_FACTOR

Document = dict[str, Any]
CODES, GRANTS, REFRESH_TOKENS = "authorization_codes", "grants", "refresh_tokens"
REVOKED_TOKENS, USED_ASSERTIONS = "revoked_tokens", "used_assertions"
INDEXES = {
    CODES: [
        IndexModel("forget_at", expireAfterSeconds=0, name="forget_codes"),
        IndexModel("person_id", name="codes_of_a_person"),
    ],
    **{
        name: [IndexModel("expires_at", expireAfterSeconds=0, name="forget_expired")]
        for name in (REFRESH_TOKENS, USED_ASSERTIONS)
    },
    REVOKED_TOKENS: [
        IndexModel("expires_at", expireAfterSeconds=0, name="forget_expired"),
        IndexModel([("client_id", ASCENDING), ("expires_at", ASCENDING)], name="revoked_by_a_client"),
    ],
    GRANTS: [
        IndexModel("expires_at", expireAfterSeconds=0, name="forget_expired"),
        IndexModel("person_id", name="grants_of_a_person"),
    ],
}


class MongoGrants:
    """The Grants port on MongoDB: reads by _id."""

    def __init__(self, db: Database[Document]) -> None:
        self._db = db

    def code(self, code_id: str) -> AuthorizationCode | None:
        """One read by _id."""
        document = self._db[CODES].find_one({"_id": code_id})
        if document is None:
            return None
        return AuthorizationCode(
            id=document["_id"],
            grant_id=document["grant_id"],
            person_id=document["person_id"],
            request=AuthorizationRequest(**document["request"]),
            auth_time=document["auth_time"],
            expires_at=document["expires_at"],
            right_id=document.get("right_id"),
            used=document["used"],
            amr=_amr(document),
        )

    def grant(self, grant_id: str) -> Grant | None:
        """One read by _id."""
        document = self._db[GRANTS].find_one({"_id": grant_id})
        return Grant(id=document.pop("_id"), **{**document, "amr": _amr(document)}) if document else None

    def refresh_token(self, token_id: str) -> RefreshToken | None:
        """One read by _id."""
        document = self._db[REFRESH_TOKENS].find_one({"_id": token_id})
        return RefreshToken(id=document.pop("_id"), **document) if document else None


class MongoRevokedTokens:
    """The RevokedTokens port on MongoDB."""

    def __init__(self, db: Database[Document]) -> None:
        self._tokens = db[REVOKED_TOKENS]

    def has(self, token_id: str) -> bool:
        """One read by _id."""
        return self._tokens.find_one({"_id": token_id}, {"_id": True}) is not None

    def count(self, client_id: str, at: datetime, most: int) -> int:
        """By their index."""
        return self._tokens.count_documents({"client_id": client_id, "expires_at": {"$gt": at}}, limit=most)


class MongoUsedAssertions:
    """The UsedAssertions port on MongoDB: the _id index refuses the second use."""

    def __init__(self, db: Database[Document]) -> None:
        self._assertions = db[USED_ASSERTIONS]

    def record(self, client_id: str, assertion: VerifiedAssertion) -> bool:
        """Insert."""
        try:
            self._assertions.insert_one(
                {"_id": {"client_id": client_id, "jti": assertion.jti}, "expires_at": assertion.expires_at}
            )
        except DuplicateKeyError:  # _id is the collection's only unique index
            return False
        return True


def code_document(code: AuthorizationCode) -> Document:
    """A code as it is stored."""
    return {
        "_id": code.id,
        "grant_id": code.grant_id,
        "person_id": code.person_id,
        "request": request_document(code.request),
        "auth_time": code.auth_time,
        "expires_at": code.expires_at,
        "right_id": code.right_id,
        "forget_at": code.expires_at + USED_CODE_REMEMBERED,
        "used": False,
        **_amr_member(code.amr),
    }


def _amr_member(amr: tuple[str, ...]) -> Document:
    # Only where it is more than the usual: the release before this one cannot read a grant that has the member.
    return {} if amr == ONE_FACTOR else {"amr": list(amr)}


def _amr(document: Document) -> tuple[str, ...]:
    return tuple(document.get("amr", ONE_FACTOR))


def request_document(request: AuthorizationRequest) -> Document:
    """An authorization request as it is stored, by its own members' names."""
    return dict(vars(request))


def grant_document(grant: Grant) -> Document:
    """A grant as it is stored."""
    members = {name: value for name, value in vars(grant).items() if name not in ("id", "amr")}
    return {"_id": grant.id, **members, **_amr_member(grant.amr)}


def refresh_token_document(token: RefreshToken) -> Document:
    """A refresh token as it is stored."""
    return {"_id": token.id, "grant_id": token.grant_id, "expires_at": token.expires_at, "used": False}
