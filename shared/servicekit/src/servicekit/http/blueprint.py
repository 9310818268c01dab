"""A Blueprint whose every route says who may call it, and reads its input strictly."""

import re
from collections.abc import Callable, Collection, Sequence
from copy import deepcopy
from functools import partial
from typing import Any, TypeVar

import flask_smorest
from apispec import APISpec
from flask import Flask

from servicekit.access import Role
from servicekit.errors import IdempotencyKeyReused, ServiceError
from servicekit.http import answers
from servicekit.http.body import StrictParser
from servicekit.http.marks import INTERNAL_SCOPE, Access, Keyed, Route

View = TypeVar("View", bound=Callable[..., Any])

# `openid` is OpenID Connect's own (Core §5.3: who signed in may be asked with it).
_SCOPE = re.compile(r"[a-z][a-z0-9-]*:[a-z][a-z0-9-]*|openid")
_KEY_HEADER = "Idempotency-Key"
_KEY_PARAMETER = {
    "in": "header",
    "name": _KEY_HEADER,
    "required": True,
    "description": (
        "16 to 128 letters, digits or . _ : - chosen by the client for this one effect, bare or in double quotes. "
        "Repeat the request with the same key after any doubt: the effect happens once. "
        "Another request needs another key."
    ),
    "schema": {
        "type": "string",
        "minLength": 16,
        "maxLength": 130,
        "pattern": '^(?:[A-Za-z0-9._:-]{16,128}|"[A-Za-z0-9._:-]{16,128}")$',
    },
    "example": "7f3c2a1e-1b0d-4f52-9a77-3b1f0a4c9d21",
}


class Blueprint(flask_smorest.Blueprint):
    """flask-smorest's Blueprint with access marks; give routes their full path, such as "/v1/payments".

    Order of decorators: `route`, then `requires`/`public`/`internal`, then `keyed` or `repeatable`, `versioned`,
    `raises`, `arguments` and `response`.
    The marks are enforced before any argument is read, whatever the order.
    """

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, name: str, *, description: str = "") -> None:
        super().__init__(name, __name__, description=description)
        self._prepare_doc_cbks.append(_document_access)

    def register_views_in_doc(self, api: flask_smorest.Api, app: Flask, spec: APISpec, **how: Any) -> None:
        """Left until the document is asked for: to serve needs none of it, and it is most of making an application."""
        undocumented = app.extensions.setdefault("servicekit.undocumented", [])
        undocumented.append(partial(super().register_views_in_doc, api, app, spec, **how))

    def requires(self, scope: str, *, roles: Collection[Role] | None = None) -> Callable[[View], View]:
        """Only callers whose token carries `scope`, such as "payments:write", and who act as one of `roles`.

        A route that does not say its roles takes machines and officers, and fails an architecture test.
        """
        if not _SCOPE.fullmatch(scope):
            raise ValueError(f"a scope looks like payments:write, not {scope!r}")
        if roles is None:
            return _marked("access", Access(scope))
        if not roles:
            raise ValueError(f"a route with the scope {scope} is for one role at least")
        return _marked("access", Access(scope, roles=frozenset(map(Role, roles)), declared=True))

    def internal(self) -> Callable[[View], View]:
        """Only the gateway itself (its own internal token, scope "internal"); never routed from outside."""
        return _marked("access", Access(INTERNAL_SCOPE, roles=frozenset({Role.SERVICE}), declared=True))

    def public(self, why: str, *, documented: bool = True) -> Callable[[View], View]:
        """Anybody; `why` is for who reviews the document. With `documented=False` the route is also left out of OpenAPI
        and reads what it likes."""
        return _marked("access", Access(None, documented, why))

    def keyed(self, operation: str, *, retention_days: int) -> Callable[[View], View]:
        """The route needs an Idempotency-Key; inside it `idempotency_claim()` gives the claim to make.

        `operation` names the effect ("create-payment"); money keeps its keys 30 days, the rest 7.
        """
        return _marked("keyed", Keyed(operation, retention_days))

    def repeatable(self, why: str) -> Callable[[View], View]:
        """A POST that needs no Idempotency-Key; `why` says what makes a repeat of it harmless."""
        return _marked("repeatable", why)

    def versioned(self) -> Callable[[View], View]:
        """The answer carries an ETag made by `etag(version)`; see servicekit.http.conditional.

        Reads are then answered conditionally by the chassis; a change asks `precondition()`.
        """
        return _marked("versioned", True)

    def reads_up_to(self, most_bytes: int) -> Callable[[View], View]:
        """The route reads larger bodies than others, such as an upload; more is a 413.

        The document says so (`x-max-body-bytes`), and the gateway goes by it up to its own limit for any route.
        """
        return _marked("most_body_bytes", most_bytes)

    def raises(self, *kinds: type[ServiceError]) -> Callable[[View], View]:
        """The problems that this route answers with beside those of every route; for the documentation."""
        return _marked("raises", kinds)

    def response(self, status_code: int, *args: Any, headers: Sequence[str] = (), **kwargs: Any) -> Any:
        """As flask-smorest's; `headers` names the answer's own headers, such as ["Location"].

        Raises KeyError for a header that `servicekit.http.answers` does not describe.
        """
        return super().response(status_code, *args, headers=answers.headers(headers), **kwargs)

    def alt_response(self, status_code: int, *args: Any, headers: Sequence[str] = (), **kwargs: Any) -> Any:
        """As flask-smorest's; `headers` as in `response`."""
        return super().alt_response(status_code, *args, headers=answers.headers(headers), **kwargs)

    def arguments(self, schema: Any, *, location: str = "json", **kwargs: Any) -> Callable[[View], View]:
        """As flask-smorest's; the schema is made once here and not for every request."""
        instance = schema() if isinstance(schema, type) else schema
        decorated: Callable[[View], View] = super().arguments(instance, location=location, **kwargs)
        return decorated

    def gated_routes(self) -> dict[tuple[str, str], Route]:
        """Each (endpoint, METHOD) with what guards it.

        Raises RuntimeError naming a route that says not who may call it, or a POST that says not what a repeat does.
        """
        routes: dict[tuple[str, str], Route] = {}
        for endpoint, operations in self._docs.items():
            for method, doc in operations.items():
                if method == "parameters":
                    continue
                access = doc.get("access")
                if access is None:
                    raise RuntimeError(
                        f"{method.upper()} {self.name}.{endpoint} does not say who may call it: "
                        "decorate it with requires(scope), internal() or public(why)"
                    )
                if method.upper() == "POST" and not {"keyed", "repeatable"} & doc.keys():
                    raise RuntimeError(
                        f"POST {self.name}.{endpoint} does not say what a repeat of it does: "
                        "decorate it with keyed(operation, retention_days=…), or with repeatable(why) if it is harmless"
                    )
                locations = {p["in"] for p in doc.get("arguments", {}).get("parameters", [])}
                routes[f"{self.name}.{endpoint}", method.upper()] = Route(
                    access,
                    doc.get("keyed"),
                    bool(locations & {"query", "querystring"}),
                    "json" in locations,
                    "versioned" in doc,
                    doc.get("most_body_bytes"),
                )
        return routes


def _marked(
    name: str, mark: Access | Keyed | bool | int | str | tuple[type[ServiceError], ...]
) -> Callable[[View], View]:
    def decorator(view: View) -> View:
        # A copy, because flask-smorest's wrappers share the dictionary with the function that they wrap.
        apidoc = deepcopy(getattr(view, "_apidoc", {}))
        apidoc[name] = mark
        apidoc["name"] = view.__name__
        view._apidoc = apidoc  # type: ignore[attr-defined] # flask-smorest's own place for such marks
        return view

    return decorator


def _document_access(doc: dict[str, Any], doc_info: dict[str, Any], **_: Any) -> dict[str, Any]:
    access: Access | None = doc_info.get("access")
    # Generated clients call their methods so; openapi_document takes `x-raises` out again.
    doc["operationId"] = doc_info.get("name")
    doc["x-raises"] = doc_info.get("raises", ())
    if access is not None:
        doc["security"] = [{"oauth2": [access.scope]}] if access.scope else []
        if access.scope and access.declared:
            doc["x-roles"] = sorted(role.value for role in access.roles)
        if access.scope is None:
            doc["x-public"] = True
            doc["x-public-reason"] = access.why
        if access.scope == INTERNAL_SCOPE:
            doc["x-internal"] = True
        if not access.documented:
            doc["x-undocumented"] = True
    if "keyed" in doc_info:
        doc.setdefault("parameters", []).append(deepcopy(_KEY_PARAMETER))
        doc["x-raises"] = (*doc["x-raises"], IdempotencyKeyReused)
    if "repeatable" in doc_info:
        doc["x-repeatable"] = doc_info["repeatable"]
    if "versioned" in doc_info:
        doc["x-versioned"] = True
    if "most_body_bytes" in doc_info:
        doc["x-max-body-bytes"] = doc_info["most_body_bytes"]
    return doc
