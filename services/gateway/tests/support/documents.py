"""OpenAPI documents as services ship them."""

from typing import Any

from gateway.application.route_documents import read_service
from gateway.application.routes import PublishedService


def operation(*scopes: str, **members: Any) -> dict[str, Any]:
    """An operation that needs `scopes`, or a public one when there are none."""
    access = {"security": [{"oauth2": list(scopes)}]} if scopes else {"security": [], "x-public": True}
    return {"responses": {"default": {"description": "…"}}, **access, **members}


def takes(*media_types: str) -> dict[str, Any]:
    """The members of an operation that reads a body of one of these media types."""
    return {"requestBody": {"content": {media_type: {"schema": {}} for media_type in media_types}}}


def document(service: str, paths: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {"title": service, "version": "1"},
        "x-service": service,
        "paths": paths,
        **members,
    }


BILLING = document(
    "billing",
    {
        "/v1/payments": {"post": operation("payments:write", **takes("application/json"))},
        "/v1/payments/{payment_id}": {"get": operation("payments:read")},
        "/v1/billers": {
            "get": operation(
                "billers:read",
                parameters=[
                    {"in": "query", "name": "category", "schema": {"type": "string"}},
                    {"in": "query", "name": "tag", "schema": {"type": "array", "items": {"type": "string"}}},
                ],
            )
        },
        "/v1/internal/transactions/{token}": {"get": operation("internal", **{"x-internal": True})},
    },
)
IDENTITY = document(
    "identity",
    {
        "/v1/oauth2/token": {"post": operation(**takes("application/x-www-form-urlencoded"))},
        "/v1/oauth2/sign-in": {
            "post": operation(
                **takes("application/x-www-form-urlencoded"),
                parameters=[{"in": "cookie", "name": "__Host-device", "schema": {"type": "string"}}],
            )
        },
        "/.well-known/jwks.json": {"get": operation()},
    },
)


def published(
    service: str,
    *routes: str,
    scope: str = "",
    prefix: str = "",
    place: str = "",
    document: Any = None,
    ids: tuple[str, ...] = (),
    shares: tuple[str, ...] = (),
) -> PublishedService:
    """A service as its files publish it, with `routes` such as `GET /v1/x` that ask for `scope`, one of the service's
    own where none is given, or with the whole `document`."""
    paths: dict[str, Any] = {}
    for route in routes:
        method, path = route.split(" ")
        paths.setdefault(path, {})[method.lower()] = operation(scope or f"{service}:read")
    claims = {"prefix": prefix, "ids": dict.fromkeys(ids, "…"), "shares": dict.fromkeys(shares, "…")}
    members = {f"x-emitra-{member}": claimed for member, claimed in claims.items() if claimed}
    return read_service(service, document or _document(service, paths, **members), "http://127.0.0.1:8001", place)


_document = document
