"""The proxy: a bare WSGI callable in front of the gateway's own Flask application.

What a request goes through, in this order, each step refusing with a problem document: request target → route →
method → access token → whether its access was taken back → scope → framing and query → body → one call to the service.
Requests for the gateway's own operations take the same way up to the scope and then go to Flask; whatever no route
table knows goes to Flask too, which answers 404.
"""

import re
import time
from collections.abc import Callable, Iterable, Mapping
from http import client
from typing import Any

import structlog
from flask import Flask, g
from opentelemetry.trace import Span

from gateway.application.calls import AccessToken, Answer, Forwarded
from gateway.application.errors import (
    ScopeMissing,
    ServiceTimeout,
    TokenExpired,
    TokenInvalid,
    TokenMissing,
    TokenWithdrawn,
)
from gateway.application.routes import Operation
from gateway.bootstrap import Gateway
from gateway.entrypoints import hygiene
from gateway.entrypoints.assisted_acts import forwarded_for_a_person
from servicekit.errors import ServiceError
from servicekit.http import problems
from servicekit.http.exchange import REQUEST_ID_HEADER, Exchange
from servicekit.http.lifecycle import TIMEOUT_HEADER, begun_at, request_id_of, timeout_ms
from servicekit.ids import ids_in
from servicekit.observability import metrics, tracing

StartResponse = Callable[..., Any]
WsgiApp = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]

OWN_NAME = "gateway"
# What the service gets less than is left here, so that its own answer about a lack of time still arrives.
ANSWER_RESERVE_MS = 50
LEAST_USEFUL_MS = 100

_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9._~+/-]+=*) *")


class Passage:
    """One request on its way through."""

    __slots__ = ("access", "allowed", "environ", "operation", "request_id", "span", "started")

    def __init__(self, environ: dict[str, Any]) -> None:
        self.environ = environ
        self.started = begun_at(environ)
        self.request_id = request_id_of(environ.get("HTTP_X_REQUEST_ID"))
        self.operation: Operation | None = None
        self.access: AccessToken | None = None
        self.allowed = ""
        self.span: Span | None = None


class Proxy:
    """The WSGI callable. `own` is Flask's WSGI application; `app` is asked to render problems."""

    def __init__(self, gateway: Gateway, app: Flask, own: WsgiApp) -> None:
        self._gateway = gateway
        self._app = app
        self._own = own
        # Bound once: structlog would otherwise put a logger together for every request.
        self._log = structlog.get_logger(__name__).bind()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        passage = Passage(environ)
        refusal: Exception | None = None
        try:
            path, target = hygiene.target_of(environ)
            operation = self._admit(passage, path)
        except Exception as error:  # noqa: BLE001 - the last handler: nothing of the inside may reach the caller
            refusal, operation, target = error, passage.operation, ""
        if refusal is None and (operation is None or operation.service == OWN_NAME):
            return self._to_flask(passage, start_response)
        with tracing.server_span(
            environ["REQUEST_METHOD"],
            operation.template if operation else None,
            passage.request_id,
            environ.get("HTTP_TRACEPARENT"),
            environ.get("HTTP_TRACESTATE"),
        ) as passage.span:
            if refusal is not None or operation is None:
                return self._refuse(passage, refusal, start_response)
            try:
                answer = self._forward(passage, operation, target)
            except Exception as error:  # noqa: BLE001 - as above
                return self._refuse(passage, error, start_response)
            return self._answer(passage, answer, start_response)

    def _admit(self, passage: Passage, path: str) -> Operation | None:
        """The operation that the caller may use; None when no route has this path."""
        environ = passage.environ
        hygiene.check_framing(environ)
        operations = self._gateway.routes.table.methods_at(path)
        if operations is None:
            return None
        operation = self._operation(passage, operations)
        self._authorise(passage, operation)
        hygiene.check_query(environ, operation)
        return operation

    def _operation(self, passage: Passage, operations: Mapping[str, Operation]) -> Operation:
        method = passage.environ["REQUEST_METHOD"]
        operation = operations.get(method)
        if operation is None:
            passage.allowed = ", ".join(sorted(operations))
            passage.operation = next(iter(operations.values()))
            raise problems.MethodNotAllowed(f"This address takes {passage.allowed}.")
        passage.operation = operation
        return operation

    def _authorise(self, passage: Passage, operation: Operation) -> None:
        if operation.public:
            return
        header = passage.environ.get("HTTP_AUTHORIZATION")
        if not header:
            raise TokenMissing(
                "Send an access token as Authorization: Bearer <token>; get one at POST /v1/oauth2/token."
            )
        bearer = _BEARER.fullmatch(header)
        if bearer is None:
            raise TokenInvalid("The Authorization header must be Bearer and one access token.")
        passage.access = access = self._gateway.access_tokens.check(bearer[1])
        self._gateway.withdrawals.check(access)
        missing = operation.missing_scopes(access.scopes)
        if missing:
            named = " ".join(sorted(missing))
            raise ScopeMissing(
                f"This needs the scope {named}, which the access token does not have.", missing_scope=named
            )

    def _to_flask(self, passage: Passage, start_response: StartResponse) -> Iterable[bytes]:
        environ = passage.environ
        environ["HTTP_X_REQUEST_ID"] = passage.request_id
        if passage.access is not None:
            token = self._gateway.internal_tokens.for_caller(passage.access, OWN_NAME)
            environ["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        return self._own(environ, start_response)

    def _forward(self, passage: Passage, operation: Operation, target: str) -> Answer:
        environ = passage.environ
        ends_at = passage.started + timeout_ms(environ.get("HTTP_EMITRA_TIMEOUT_MS")) / 1000
        body = hygiene.read_body(environ, operation)
        headers = hygiene.forwarded_headers(environ, operation)
        headers[REQUEST_ID_HEADER] = passage.request_id
        self._set_credentials(passage, operation, headers)
        left_ms = int((ends_at - time.monotonic()) * 1000)
        if left_ms < LEAST_USEFUL_MS:
            raise ServiceTimeout(
                "Less than 100 ms were left, so nothing was begun. Repeat the request and allow more time in "
                "Emitra-Timeout-Ms."
            )
        headers[TIMEOUT_HEADER] = str(left_ms - ANSWER_RESERVE_MS)
        method = environ["REQUEST_METHOD"]
        forwarded = Forwarded(
            service=operation.service,
            base_url=self._gateway.routes.table.services[operation.service].base_url,
            method=method,
            target=target,
            headers=headers,
            body=body,
            keyed=method == "POST" and "HTTP_IDEMPOTENCY_KEY" in environ,
            ends_at=ends_at,
            route=operation.template,
        )
        if passage.access is None or passage.access.assistance_id is None:
            return self._gateway.upstreams.send(forwarded)
        return forwarded_for_a_person(
            self._gateway,
            passage.access,
            operation,
            environ,
            passage.request_id,
            lambda: self._gateway.upstreams.send(forwarded),
        )

    def _set_credentials(self, passage: Passage, operation: Operation, headers: dict[str, str]) -> None:
        if passage.access is not None:
            token = self._gateway.internal_tokens.for_caller(passage.access, operation.service)
            headers["Authorization"] = f"Bearer {token}"
            return
        # A client's own credentials, for the token endpoint (RFC 6749 section 2.3.1). No token goes this way.
        given = passage.environ.get("HTTP_AUTHORIZATION", "")
        if given[:6].lower() == "basic ":
            headers["Authorization"] = given

    def _answer(self, passage: Passage, answer: Answer, start_response: StartResponse) -> Iterable[bytes]:
        headers = hygiene.returned_headers(answer.headers)
        headers.append((REQUEST_ID_HEADER, passage.request_id))
        bodiless = answer.status in {204, 304} or passage.environ["REQUEST_METHOD"] == "HEAD"
        if not bodiless:
            headers.append(("Content-Length", str(len(answer.body))))
        start_response(f"{answer.status} {client.responses.get(answer.status, 'Unknown')}", headers)
        self._note(passage, answer.status)
        return [answer.body]

    def _refuse(self, passage: Passage, cause: Exception | None, start_response: StartResponse) -> Iterable[bytes]:
        error = cause if isinstance(cause, ServiceError) else self._unexpected(passage, cause)
        with self._app.request_context(passage.environ):
            g.exchange = Exchange(passage.request_id, passage.started)
            response = problems.render(error)
        headers = response.headers
        headers[REQUEST_ID_HEADER] = passage.request_id
        headers["Cache-Control"] = "no-store"
        if passage.allowed:
            headers["Allow"] = passage.allowed
        if isinstance(error, TokenExpired | TokenInvalid | TokenWithdrawn):
            # RFC 6750 section 3.1; a missing token gets the bare challenge.
            headers["WWW-Authenticate"] = (
                f'Bearer realm="e-mitra", error="invalid_token", error_description="{error.title}"'
            )
        proxy_error = getattr(error, "proxy_error", None)
        if proxy_error is not None and passage.operation is not None:
            headers["Proxy-Status"] = f'emitra-gateway; error={proxy_error}; next-hop="{passage.operation.service}"'
        self._note(passage, response.status_code, error)
        body = b"" if passage.environ["REQUEST_METHOD"] == "HEAD" else response.get_data()
        start_response(response.status, headers.to_wsgi_list())
        return [body]

    def _unexpected(self, passage: Passage, cause: Exception | None) -> ServiceError:
        self._log.error("request_failed", request_id=passage.request_id, exc_info=cause)
        return problems.InternalError("The request could not be completed. Quote the request_id to support.")

    def _note(self, passage: Passage, status: int, error: ServiceError | None = None) -> None:
        """Metrics and the one log line of the request."""
        seconds = time.monotonic() - passage.started
        operation, access, span = passage.operation, passage.access, passage.span
        route = operation.template if operation else metrics.UNMATCHED
        environ = passage.environ
        method = environ["REQUEST_METHOD"]
        metrics.observe_request(method, route, status, seconds)
        fields: dict[str, Any] = {
            "method": method,
            "route": route,
            "status": status,
            "duration_ms": round(seconds * 1000, 2),
            "request_id": passage.request_id,
        }
        if operation:
            fields["upstream"] = operation.service
        ids = ids_in(environ["PATH_INFO"])
        if ids:
            fields["ids"] = ids
        if access:
            fields["caller"] = access.client_id
            if access.kiosk_id:
                fields["kiosk_id"] = access.kiosk_id
            if access.act is not None:
                fields |= {"actor": access.act["sub"], "assistance_id": access.assistance_id}
        if span is not None:
            tracing.record_status(span, status)
            tracing.record_ids(span, ids)
            fields["trace_id"] = tracing.trace_id_of(span)
        if error is not None:
            fields["problem"] = error.slug
        if status >= 500:
            self._log.warning("http_request", **fields)
        else:
            self._log.info("http_request", **fields)
