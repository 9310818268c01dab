"""A gateway on a port of its own that serves a FakePlatform over HTTP, and asks who calls as the real one does."""

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from tests.support.fake_platform import FakePlatform
from werkzeug import Request, Response
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.serving import make_server

CLIENT_ID, CLIENT_SECRET = "cli_portal", "a-secret"
RULES = Map(
    [
        Rule("/v1/oauth2/token", endpoint="token", methods=["POST"]),
        Rule("/v1/application-types", endpoint="application_types", methods=["GET"]),
        Rule("/v1/application-types/<code>", endpoint="application_type", methods=["GET"]),
        Rule("/v1/billers", endpoint="billers", methods=["GET"]),
        Rule("/v1/service-charges", endpoint="service_charges", methods=["GET"]),
        Rule("/v1/places", endpoint="places", methods=["GET"]),
        Rule("/v1/kiosks/nearest", endpoint="nearest", methods=["GET"]),
        Rule("/v1/transaction-lookups", endpoint="transaction", methods=["POST"]),
        Rule("/v1/certificate-text-verifications", endpoint="verification_of_text", methods=["POST"]),
        Rule("/v1/certificate-pdf-verifications", endpoint="verification_of_pdf", methods=["POST"]),
        Rule("/v1/certificate-number-verifications", endpoint="verification_of_number", methods=["POST"]),
    ]
)
OPEN = {
    "token", "service_charges", "places", "transaction",
    "verification_of_text", "verification_of_pdf", "verification_of_number",
}  # fmt: skip


class FakeGateway:
    """`answers` replaces the answer to an operation; `seen` are the requests; tokens that were given out are good."""

    def __init__(self, platform: FakePlatform) -> None:
        self.platform = platform
        self.answers: dict[str, Callable[[], Response]] = {}
        self.seen: list[tuple[str, Request]] = []
        self.tokens: set[str] = set()
        self.url = ""

    def asked(self, operation: str) -> list[Request]:
        """The requests for one operation."""
        return [request for name, request in self.seen if name == operation]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        request.get_data()
        try:
            operation, values = RULES.bind_to_environ(environ).match()
            self.seen.append((operation, request))
            response = self._answer(operation, request, values)
        except HTTPException as error:
            response = _problem(error.code or 500)
        return response(environ, start_response)

    def _answer(self, operation: str, request: Request, values: Any) -> Response:
        if operation in self.answers:
            return self.answers[operation]()
        if (
            operation not in OPEN
            and request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens
        ):
            return _problem(401)
        answer = getattr(self, f"_{operation}")(request, **values)
        return answer if isinstance(answer, Response) else _problem(404) if answer is None else _json(answer)

    def _token(self, request: Request) -> Any:
        login = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {login}":
            return _problem(401)
        token = f"token-{len(self.asked('token'))}"
        self.tokens.add(token)
        return {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": 900,
            "scope": request.form["scope"],
        }

    def _application_types(self, _: Request) -> Any:
        return {"items": self.platform.application_types(), "next": None}

    def _application_type(self, _: Request, code: str) -> Any:
        return self.platform.application_type(code)

    def _billers(self, _: Request) -> Any:
        return {"items": self.platform.billers(), "next": None}

    def _service_charges(self, _: Request) -> Any:
        return self.platform.service_charges()

    def _places(self, request: Request) -> Any:
        pin = request.args.get("pin")
        return self.platform.pin_places(pin) if pin else {"items": self.platform.districts()}

    def _nearest(self, request: Request) -> Any:
        query = request.args
        return self.platform.nearest_centres(float(query["lat"]), float(query["lon"]), int(query["limit"]))

    def _transaction(self, request: Request) -> Any:
        shown = self.platform.transaction(json.loads(request.get_data())["token"])
        return shown or _problem(404, "no-such-transaction")

    def _verification_of_text(self, request: Request) -> Any:
        return self.platform.verification_of_text(json.loads(request.get_data())["text"])

    def _verification_of_pdf(self, request: Request) -> Any:
        assert request.content_type == "application/pdf"
        return self.platform.verification_of_pdf(request.get_data())

    def _verification_of_number(self, request: Request) -> Any:
        asked = json.loads(request.get_data())
        issued_on = date.fromisoformat(asked["issued_on"])
        return self.platform.verification_of_number(asked["certificate_number"], issued_on) or _problem(422)


def slowly(seconds: float) -> Callable[[], Response]:
    """An answer that takes its time."""

    def answer() -> Response:
        time.sleep(seconds)
        return _json({})

    return answer


def _json(document: Any, status: int = 200) -> Response:
    return Response(json.dumps(document), status, content_type="application/json")


def _problem(status: int, code: str = "a-problem") -> Response:
    return Response(json.dumps({"status": status, "code": code}), status, content_type="application/problem+json")


@contextmanager
def serving(application: Any) -> Iterator[str]:
    """A WSGI application on a free port of this machine; gives its address."""
    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
