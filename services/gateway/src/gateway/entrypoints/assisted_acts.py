"""Acting for a person, at the gateway: what is done is on record before it is done."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog

from gateway.application.acts import Act, act_id
from gateway.application.calls import AccessToken, Answer
from gateway.application.errors import ServiceBusy, ServiceUnreachable
from gateway.application.routes import Operation
from gateway.application.sweep_acts import SWEPT_AT_ONCE, SweepActs
from gateway.bootstrap import Gateway
from servicekit.errors import DependencyUnavailable
from servicekit.faults import crash_point
from servicekit.ids import event_id, public_id
from servicekit.instants import utc_now
from servicekit.service import Job

log = structlog.get_logger(__name__)

SWEEP_EVERY_SECONDS = 10.0
_CHANGES_NOTHING = frozenset({"GET", "HEAD"})


def sweep_acts(gateway: Gateway) -> None:
    """Announces what nobody wrote an outcome of."""
    gateway.sweep_acts(SweepActs(utc_now(), tuple(event_id() for _ in range(SWEPT_AT_ONCE))))


JOBS = [Job("sweep-acts", SWEEP_EVERY_SECONDS, sweep_acts)]


def forwarded_for_a_person(
    gateway: Gateway,
    access: AccessToken,
    operation: Operation,
    environ: dict[str, Any],
    request_id: str,
    send: Callable[[], Answer],
) -> Answer:
    """The service's answer to a call by an assisted token.

    Raises what `send` raises. A call whose outcome is lost, or is written down too late, is announced by the sweep.
    """
    method = environ["REQUEST_METHOD"]
    if access.assistance_id is None or method in _CHANGES_NOTHING:
        return send()
    act = Act(
        id=act_id(
            access.assistance_id,
            method,
            environ.get("PATH_INFO", ""),
            environ.get("HTTP_IDEMPOTENCY_KEY"),
            public_id("act"),
        ),
        assistance_id=access.assistance_id,
        client_id=access.client_id,
        kiosk_id=access.kiosk_id,
        service=operation.service,
        method=method,
        route=operation.template,
        request_id=request_id,
        begun_at=utc_now(),
    )
    gateway.acts.begin(act)
    try:
        answer = send()
    except (ServiceUnreachable, ServiceBusy):
        with suppress(DependencyUnavailable):
            gateway.acts.not_begun(act)
        raise
    crash_point("A1")
    try:
        gateway.acts.conclude(act, answer.status, event_id(), utc_now())
    except DependencyUnavailable:
        # It is done; the sweep tells of it.
        log.warning("act_without_outcome", act_id=act.id, request_id=request_id)
    return answer
