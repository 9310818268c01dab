"""The Flask application of a service: the same one in tests and under gunicorn."""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any

import flask_smorest
import structlog
from flask import Flask, Request, request

from servicekit.errors import (
    FieldProblem,
    NotAuthenticated,
    NotFound,
    ValidationFailed,
)
from servicekit.fields import Instant
from servicekit.http import conditional, lifecycle, problems
from servicekit.http.auth import InternalTokenVerifier
from servicekit.http.blueprint import Blueprint
from servicekit.http.body import MAX_BODY_BYTES, StrictJson
from servicekit.http.callers import Caller, permit, permit_role
from servicekit.http.cursor import Cursor
from servicekit.http.exchange import exchange
from servicekit.http.keyed import read_key
from servicekit.http.marks import Route
from servicekit.http.paths import CONVERTERS
from servicekit.http.validation import MOST_PROBLEMS
from servicekit.settings import ServiceSettings

OPENAPI_VERSION = "3.1.0"

Authenticate = Callable[[str], Caller]


class _Request(Request):
    """Flask's, and keeps what is uploaded in memory, where its body is already: nothing of it touches a disk."""

    def _get_file_stream(self, *_: Any, **__: Any) -> IO[bytes]:
        return io.BytesIO()


class _Api(flask_smorest.Api):
    DEFAULT_ERROR_RESPONSE_NAME = None  # servicekit.http.openapi documents the one problem response

    def _register_error_handlers(self) -> None:
        """Errors are rendered by servicekit.http.problems alone."""


def create_app(
    *,
    service_name: str,
    version: str,
    settings: ServiceSettings | None,
    application: object,
    blueprints: Sequence[Blueprint],
) -> Flask:
    """The app serving `blueprints` over `application` (what bootstrap returned).

    Without `settings` the app can be documented, and refuses every caller. Raises RuntimeError naming any route that
    does not say who may call it.
    """
    app = Flask(service_name, static_folder=None)
    app.request_class = _Request
    app.json = StrictJson(app)
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        PROVIDE_AUTOMATIC_OPTIONS=False,  # what is served is what is documented
        API_TITLE=f"e-Mitra {service_name}",
        API_VERSION=version,
        OPENAPI_VERSION=OPENAPI_VERSION,
    )
    # A second spelling of an address is a 404, not an HTML redirect.
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = True
    app.url_map.converters.update(CONVERTERS)
    app.extensions["servicekit.application"] = application
    authenticate: Authenticate = _nobody
    if settings is not None:
        app.extensions["servicekit.cursor"] = Cursor(settings.cursor_secret)
        authenticate = InternalTokenVerifier(service_name, settings.internal_token_jwks).authenticate

    problems.register(app)
    lifecycle.register(app)
    conditional.register(app)
    routes: dict[tuple[str, str], Route] = {}
    api = _Api(app)
    api.register_field(Instant, "string", "date-time")
    for converter in dict.fromkeys(CONVERTERS.values()):
        api.register_converter(converter, converter.schema)
    for blueprint in blueprints:
        routes.update(blueprint.gated_routes())
        api.register_blueprint(blueprint)
    app.extensions["servicekit.routes"] = routes
    app.before_request(_gate(routes, authenticate))
    return app


def _nobody(_: str) -> Caller:
    raise NotAuthenticated("This application was made without settings; it serves its documentation only.")


def _gate(routes: Mapping[tuple[str, str], Route], authenticate: Authenticate) -> Callable[[], None]:
    """Who may pass, then what every route refuses alike; runs before any argument is read."""

    def gate() -> None:
        req = request._get_current_object()  # type: ignore[attr-defined] # the proxy would look it up each time
        if req.endpoint is None:
            return
        # Flask answers HEAD with the GET view.
        route = routes[req.endpoint, "GET" if req.method == "HEAD" else req.method]
        current = exchange()
        scope = route.access.scope
        if scope is not None:
            current.caller = known = authenticate(req.headers.get("Authorization", ""))
            structlog.contextvars.bind_contextvars(caller=known.client_id, kiosk_id=known.kiosk_id)
            permit(known, scope)
            permit_role(known, route.access.roles)
        if route.access.documented:
            _refuse_unread_input(req, route)
            if not route.versioned:
                conditional.refuse_unmet(req)
        if route.most_body_bytes is not None:
            req.max_content_length = route.most_body_bytes
            lifecycle.allow_body(req.environ, route.most_body_bytes)
        if route.keyed is not None:
            current.keyed = (route.keyed, read_key(req))

    return gate


def _refuse_unread_input(req: Request, route: Route) -> None:
    if "\x00" in req.path:
        raise NotFound("There is nothing at this address; look at the path and the id in it.")
    if req.query_string and not route.reads_query:
        names = sorted(req.args)[:MOST_PROBLEMS]
        raise ValidationFailed(
            "This address takes no query parameters.",
            errors=[FieldProblem(f"?{name[:100]}", "unknown-field", "Unknown field.") for name in names],
        )
