"""One HTTP request to another program, as traces and metrics tell it."""

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from servicekit.observability.metrics import Call, observed_call

_tracer = trace.get_tracer("servicekit.calls")
_trace_context = TraceContextTextMapPropagator()


@contextmanager
def outgoing_call(
    server: str, method: str, headers: MutableMapping[str, str], route: str | None = None
) -> Iterator[Call]:
    """A CLIENT span whose context goes out in `headers`, and the call's metrics.

    `server` is a name of ours (billing, biller-network) and `route` a template: no address is on a span, for there are
    ids of people's things in it. Whoever calls puts the answer's status into what it gets.
    """
    attributes = {"http.request.method": method, "server.address": server, **({"url.template": route} if route else {})}
    with (
        _tracer.start_as_current_span(
            f"{method} {route}" if route else method, kind=SpanKind.CLIENT, attributes=attributes
        ) as span,
        observed_call(server, method) as call,
    ):
        _trace_context.inject(headers)
        yield call
        if call.status is not None and span.is_recording():
            span.set_attribute("http.response.status_code", call.status)
            if call.status >= 400:  # of a CLIENT span also what was the caller's own mistake
                span.set_attribute("error.type", str(call.status))
                span.set_status(Status(StatusCode.ERROR))
