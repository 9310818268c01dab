"""Asking the services themselves for a transaction, for the moment before its events arrive."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextvars import copy_context

import structlog
from marshmallow import EXCLUDE, Schema, ValidationError, fields

from gateway.adapters.access_tokens import InternalTokenIssuer
from gateway.adapters.route_files import RouteFiles
from gateway.adapters.upstreams import Upstreams
from gateway.application.calls import Forwarded
from gateway.application.ports import ReportedTransaction
from gateway.application.route_documents import TRANSACTION_LOOKUP
from gateway.application.routes import PublishedService
from gateway.application.transactions import TimelineEntry
from servicekit.deadlines import seconds_left
from servicekit.errors import DependencyTimeout, DependencyUnavailable, ServiceError

# A person waits for this answer; the services read one document each.
ASKING_SECONDS = 2.0
# Look-ups at the same time; more wait their turn within the two seconds. What anybody may ask without saying who they
# are has few of its own, so that no flood of it keeps those waiting who have a token.
MOST_ASKED_AT_ONCE = 16
MOST_ASKED_FOR_ANYBODY = 4

_log = structlog.get_logger(__name__)


class _ReportedEventSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    type = fields.String(required=True)
    at = fields.AwareDateTime(required=True)


class _ReportedSchema(Schema):
    """What this service reads of a look-up's answer."""

    class Meta:
        unknown = EXCLUDE

    kind = fields.String(required=True)
    reference_id = fields.String(required=True)
    status = fields.String(required=True)
    owner_client_id = fields.String(required=True)
    kiosk_id = fields.String(load_default=None, allow_none=True)
    district_code = fields.String(load_default=None, allow_none=True)
    updated_at = fields.AwareDateTime(required=True)
    deadline_at = fields.AwareDateTime(load_default=None, allow_none=True)
    events = fields.List(fields.Nested(_ReportedEventSchema), load_default=list)


_SCHEMA = _ReportedSchema()


class HttpTransactionOwners:
    """Asks, all at once, every service whose OpenAPI document declares the internal look-up."""

    def __init__(
        self, routes: RouteFiles, upstreams: Upstreams, tokens: InternalTokenIssuer, most_at_once: int
    ) -> None:
        self._routes = routes
        self._upstreams = upstreams
        self._tokens = tokens
        self._threads = ThreadPoolExecutor(most_at_once, thread_name_prefix="transaction-owners")

    def ask(self, token: str, request_id: str) -> ReportedTransaction | None:
        """As the port says; bounded by two seconds or the caller's deadline, whichever is less."""
        seconds = seconds_left(ASKING_SECONDS)
        owners = [s for s in self._routes.table.services.values() if s.finds_transactions]
        ends_at = time.monotonic() + seconds
        headers = {"Accept": "application/json", "X-Request-Id": request_id}
        asked = [
            # Each in a context of its own, which has the span in progress here.
            self._threads.submit(copy_context().run, self._ask_one, owner, token, dict(headers), ends_at)
            for owner in owners
        ]
        failures: list[Exception] = []
        try:
            for answer in as_completed(asked, timeout=seconds):
                failure = answer.exception()
                if failure is None and (reported := answer.result()) is not None:
                    return reported
                if isinstance(failure, Exception):
                    failures.append(failure)
        except TimeoutError as error:
            failures.append(error)
        self._refuse_to_guess(failures)
        return None

    def _refuse_to_guess(self, failures: Sequence[Exception]) -> None:
        for failure in failures:
            if not isinstance(failure, ServiceError | TimeoutError):
                raise failure
        if failures:
            raise DependencyUnavailable(
                "A service that may know this transaction does not answer at the moment; repeat the request.",
                retry_after_seconds=2,
            ) from failures[0]

    def _ask_one(
        self, owner: PublishedService, token: str, headers: Mapping[str, str], ends_at: float
    ) -> ReportedTransaction | None:
        left_ms = int((ends_at - time.monotonic()) * 1000)
        if left_ms <= 0:
            raise DependencyTimeout("No time was left to ask.")
        answer = self._upstreams.send(
            Forwarded(
                service=owner.name,
                base_url=owner.base_url,
                method="GET",
                target=TRANSACTION_LOOKUP.replace("{token}", token),
                headers={
                    **headers,
                    "Authorization": f"Bearer {self._tokens.for_gateway(owner.name)}",
                    "Emitra-Timeout-Ms": str(left_ms),
                },
                body=None,
                keyed=False,
                ends_at=ends_at,
            )
        )
        if answer.status == 404:
            return None
        try:
            if answer.status != 200:
                raise ValidationError(f"status {answer.status}")
            loaded = _SCHEMA.loads(answer.body)
        except (ValidationError, ValueError) as error:
            _log.warning("transaction_lookup_unusable", upstream=owner.name, status=answer.status)
            raise DependencyUnavailable(f"{owner.name} gave no usable answer.") from error
        events = tuple(TimelineEntry(**event) for event in loaded.pop("events"))
        return ReportedTransaction(token=token, events=events, **loaded)
