"""W3C trace context in and out of every process, and spans where there is a collector to send them to.

Call `configure_tracing` after a fork and before connections are made: the exporter's thread does not survive a
fork, and MongoDB spans are recorded only for clients made afterwards.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from opentelemetry import context, trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, Sampler, SamplingResult, TraceIdRatioBased
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from servicekit.settings import ServiceSettings

_EXPORT_TIMEOUT_SECONDS = 5  # a slow collector must not hold up the end of a process
_READING = frozenset({"GET", "HEAD"})
_W3C = TraceContextTextMapPropagator()
_tracer = trace.get_tracer("servicekit")


def configure_tracing(
    service_name: str, version: str, process: str, settings: ServiceSettings
) -> TracerProvider | None:
    """Begin to export spans, if OTEL_EXPORTER_OTLP_ENDPOINT is set; call once per process.

    `process` is api, worker or relay.

    Returns the provider, whose `shutdown()` sends what is still in memory, or None when nothing is exported.
    """
    if not settings.otlp_endpoint:
        return None
    # Imported only where something is exported: they are a tenth of the time a process takes to start.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.instrumentation.pymongo import PymongoInstrumentor  # noqa: PLC0415

    resource = Resource.create(
        {
            "service.namespace": "emitra",
            "service.name": service_name,
            "service.version": version,
            # Of this process and no other: a restarted one is another.
            "service.instance.id": str(uuid4()),
            "deployment.environment.name": settings.environment,
            "emitra.process": process,
        }
    )
    reads, rest = (
        TraceIdRatioBased(ratio) for ratio in (settings.trace_sample_ratio, settings.trace_sample_ratio_of_changes)
    )
    provider = TracerProvider(resource=resource, sampler=ParentBased(_ByMethod(reads, rest)))
    endpoint = f"{settings.otlp_endpoint.rstrip('/')}/v1/traces"
    provider.add_span_processor(
        BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, timeout=_EXPORT_TIMEOUT_SECONDS))
    )
    trace.set_tracer_provider(provider)
    PymongoInstrumentor().instrument(tracer_provider=provider)
    return provider


class _ByMethod(Sampler):
    """Of new traces those that change something by one share, those that only read by another."""

    def __init__(self, reads: Sampler, rest: Sampler) -> None:
        self._reads = reads
        self._rest = rest

    def should_sample(
        self,
        parent_context: context.Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Mapping[str, Any] | None = None,
        *further: Any,
        **named: Any,
    ) -> SamplingResult:
        """What has no method is a message's or a job's: it changes something."""
        method = (attributes or {}).get("http.request.method")
        sampler = self._reads if method in _READING else self._rest
        return sampler.should_sample(parent_context, trace_id, name, kind, attributes, *further, **named)

    def get_description(self) -> str:
        """Both shares."""
        return f"ByMethod{{{self._reads.get_description()},{self._rest.get_description()}}}"


@contextmanager
def server_span(
    method: str, route: str | None, request_id: str, traceparent: str | None, tracestate: str | None
) -> Iterator[Span]:
    """The span of one HTTP request, continuing the caller's traceparent or beginning a trace.

    `request_id` is the one that the answer bears, the caller's or ours: by it support finds the trace of a complaint.

    Without an exporter the span records nothing, yet has ids, so that logs, events and calls made inside share
    one trace.
    """
    parent = context.Context()
    if traceparent:
        carrier = {"traceparent": traceparent, "tracestate": tracestate or ""}
        parent = _W3C.extract(carrier, parent)
    span = _tracer.start_span(
        f"{method} {route}" if route else method,
        context=parent,
        kind=SpanKind.SERVER,
        attributes={
            "http.request.method": method,
            "http.route": route or "",
            # By the semantic conventions a header's values are a list. Of the answer: a request need not bring one.
            "http.response.header.x-request-id": [request_id],
        },
    )
    if not span.get_span_context().is_valid:
        span = NonRecordingSpan(_minted())
    token = context.attach(trace.set_span_in_context(span, parent))
    try:
        yield span
    finally:
        span.end()
        context.detach(token)


def record_status(span: Span, status: int) -> None:
    """Note the answer's status; only 5xx is the server's error."""
    if span.is_recording():
        span.set_attribute("http.response.status_code", status)
        if status >= 500:
            span.set_status(Status(StatusCode.ERROR))


def record_ids(span: Span, ids: Sequence[str]) -> None:
    """Note whose request it was about: ids of payments, applications, certificates, centres; never personal data."""
    if span.is_recording():
        span.set_attribute("emitra.ids", ids)


def trace_id_of(span: Span) -> str:
    """The span's trace id as 32 hex digits, as logs and collectors write it."""
    return trace.format_trace_id(span.get_span_context().trace_id)


def _minted() -> SpanContext:
    # Not sampled: nothing exports it here, and a service further on must not record half a trace.
    return SpanContext(
        trace_id=random.getrandbits(128) or 1,  # an identifier, not a secret
        span_id=random.getrandbits(64) or 1,
        is_remote=False,
        trace_flags=TraceFlags(0),
    )
