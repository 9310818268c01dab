"""The documentation the gateway serves by itself: the merged OpenAPI, the page to try it, the problem pages.

Nothing here makes a browser ask another host; the Content-Security-Policy makes sure of it.
"""

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

from flask import Response, current_app, jsonify, redirect, request
from jinja2 import Environment, PackageLoader
from marshmallow import Schema, fields
from werkzeug.wrappers import Response as AnyResponse

from gateway import __version__
from gateway.application.errors import NoSuchProblemType
from gateway.application.merged_openapi import merged_openapi
from gateway.application.routes import RouteTable
from gateway.bootstrap import Gateway
from servicekit.errors import NotFound
from servicekit.http import Blueprint, application

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# Assets change with a release only, and carry an ETag; an hour keeps a page quick and an upgrade prompt.
ASSET_MAX_AGE_SECONDS = 3600

_SWAGGER_UI = files("flask_swagger_ui") / "dist"
_PAGES = files("gateway.entrypoints") / "pages"
_ASSETS = {
    "swagger-ui-bundle.js": (_SWAGGER_UI, "text/javascript; charset=utf-8"),
    "swagger-ui.css": (_SWAGGER_UI, "text/css; charset=utf-8"),
    "favicon-32x32.png": (_SWAGGER_UI, "image/png"),
    "start.js": (_PAGES, "text/javascript; charset=utf-8"),
    "problems.css": (_PAGES, "text/css; charset=utf-8"),
}
_templates = Environment(loader=PackageLoader("gateway.entrypoints", "pages"), autoescape=True, auto_reload=False)

blueprint = Blueprint("documentation", description="The platform's own description.")


class ProblemTypeSchema(Schema):
    """One kind of problem, as its page describes it."""

    slug = fields.String(required=True, metadata={"example": "token-expired"})
    title = fields.String(required=True)
    title_hi = fields.String(required=True)
    status = fields.Integer(required=True, metadata={"example": 401})
    retryable = fields.Boolean(required=True)
    detail = fields.String(required=True)
    services = fields.List(fields.String(), required=True, metadata={"example": ["gateway"]})


class ProblemTypesSchema(Schema):
    items = fields.List(fields.Nested(ProblemTypeSchema), required=True)


@blueprint.route("/")
@blueprint.public("documentation", documented=False)
def get_landing() -> AnyResponse:
    return redirect("/docs", 302)


@blueprint.route("/openapi.json")
@blueprint.public("documentation")
@blueprint.response(200, {"type": "object"}, description="An OpenAPI 3.1 document.")
def get_openapi() -> Response:
    """Every operation of the platform in one OpenAPI document

    It changes when a service is deployed; internal operations are not in it.
    """
    return jsonify(_merged(application(Gateway).routes.table))


@blueprint.route("/docs")
@blueprint.public("documentation")
@blueprint.response(200, {"type": "string"}, description="A page to read and try the API.", content_type="text/html")
def get_docs() -> Response:
    """The API to read and to try

    The page makes no request to any other host.
    """
    return _page("docs.html")


@blueprint.route("/docs/assets/<name>")
@blueprint.public("documentation", documented=False)
def get_asset(name: str) -> AnyResponse:
    if name not in _ASSETS:
        raise NotFound("There is no such file.")
    content, content_type, etag = _asset(name)
    response = Response(content, content_type=content_type)
    response.set_etag(etag)
    response.headers["Cache-Control"] = f"public, max-age={ASSET_MAX_AGE_SECONDS}"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response.make_conditional(request)


_SLUG = {
    "in": "path",
    "name": "slug",
    "description": "The end of a problem's `type`, and its `code`.",
    "example": "bill-already-paid",
}


@blueprint.route("/problems")
@blueprint.public("documentation")
@blueprint.response(200, ProblemTypesSchema)
def get_problem_types() -> Response | dict[str, Any]:
    """Every kind of problem the platform answers with

    A page for browsers (`Accept: text/html`), JSON for the rest.
    """
    types = _problem_types()
    if _wants_page():
        return _page("problems.html", problems=types.values())
    return {"items": list(types.values())}


@blueprint.route("/problems/<slug>", parameters=[_SLUG])
@blueprint.public("documentation")
@blueprint.raises(NoSuchProblemType)
@blueprint.response(200, ProblemTypeSchema)
def get_problem_type(slug: str) -> Response | dict[str, Any]:
    """What one kind of problem means and what to do about it

    The address in `type` of every problem document. A page for browsers, JSON for the rest.
    """
    problem_type = _problem_types().get(slug)
    if problem_type is None:
        raise NoSuchProblemType("No service describes a problem type of this name; see /problems.")
    return _page("problem.html", problem=problem_type) if _wants_page() else dict(problem_type)


class EventContractSchema(Schema):
    """Where the schema of an event's data is."""

    event = fields.String(required=True, metadata={"example": "payment.completed.v1"})
    dataschema = fields.String(
        required=True,
        metadata={
            "description": "What events carry as `dataschema`, and the schema as `$id`.",
            "example": "urn:emitra:events:payment.completed.v1",
        },
    )
    href = fields.String(
        required=True,
        metadata={"description": "Where it is served.", "example": "/contracts/events/payment.completed.v1.json"},
    )


class EventContractsSchema(Schema):
    """Every event, and `envelope`, the schema of what is around each of them."""

    items = fields.List(fields.Nested(EventContractSchema), required=True)


_FILE = {
    "in": "path",
    "name": "file",
    "description": "The event, or `envelope`, and .json.",
    "example": "payment.completed.v1.json",
}


@blueprint.route("/contracts/events")
@blueprint.public("documentation")
@blueprint.response(200, EventContractsSchema)
def list_event_contracts() -> dict[str, Any]:
    """The schemas of every event the platform publishes

    An event names the schema of its data in `dataschema`, a URI that is no address; here is where each is.
    """
    return {
        "items": [
            {"event": event, "dataschema": contract["$id"], "href": f"/contracts/events/{event}.json"}
            for event, contract in _event_schemas().items()
        ]
    }


@blueprint.route("/contracts/events/<file>", parameters=[_FILE])
@blueprint.public("documentation")
@blueprint.response(
    200,
    {"type": "object"},
    description="A JSON Schema (2020-12).",
    content_type="application/schema+json",
    headers=["Cache-Control", "ETag"],
)
@blueprint.alt_response(304, description="It is as the ETag of If-None-Match says.", headers=["Cache-Control", "ETag"])
def get_event_contract(file: str) -> Response:
    """The schema of one event's data

    The address is also what events of release 0.1.0 carry as `dataschema`.
    """
    contract = _event_schemas().get(file.removesuffix(".json")) if file.endswith(".json") else None
    if contract is None:
        raise NotFound("There is no event of this name; see /contracts/events.")
    response = Response(current_app.json.dumps(contract), content_type="application/schema+json")
    response.add_etag()
    response.headers["Cache-Control"] = f"public, max-age={ASSET_MAX_AGE_SECONDS}"
    return response


def _event_schemas() -> dict[str, Any]:
    """The envelope's schema and, by their names, those of the events that the services publish."""
    services = application(Gateway).routes.table.services.values()
    events = {event: contract for service in services for event, contract in service.events.items()}
    return {"envelope": _envelope_schema(), **dict(sorted(events.items()))}


@lru_cache(maxsize=1)
def _envelope_schema() -> dict[str, Any]:
    contract: dict[str, Any] = json.loads((_PAGES / "envelope.schema.json").read_text(encoding="utf-8"))
    return contract


@lru_cache(maxsize=2)  # one table is in force at a time; the other is the one before it
def _merged(table: RouteTable) -> dict[str, Any]:
    return merged_openapi(table.services.values(), __version__)


def _problem_types() -> Mapping[str, Mapping[str, Any]]:
    return {row["slug"]: row for row in _merged(application(Gateway).routes.table)["x-problems"]}


def _wants_page() -> bool:
    best = request.accept_mimetypes.best_match(["application/json", "text/html"], default="application/json")
    return best == "text/html"


def _page(name: str, **context: Any) -> Response:
    response = Response(_templates.get_template(name).render(**context), content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Vary"] = "Accept"
    return response


@lru_cache(maxsize=len(_ASSETS))
def _asset(name: str) -> tuple[bytes, str, str]:
    folder, content_type = _ASSETS[name]
    content = (folder / name).read_bytes()
    return content, content_type, hashlib.sha256(content).hexdigest()[:32]
