"""What traces and logs say of a message while its handler runs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import structlog
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from servicekit.events.envelope import NewEvent, ReceivedEvent

_tracer = trace.get_tracer("servicekit.messaging")
_trace_context = TraceContextTextMapPropagator()


@contextmanager
def creating(exchange: str, event: NewEvent) -> Iterator[None]:
    """The span in which an event is made: its context goes into the envelope, so consumers' spans are below it."""
    with _tracer.start_as_current_span(
        f"create {event.type}",
        kind=SpanKind.PRODUCER,
        attributes={
            "messaging.system": "rabbitmq",
            "messaging.operation.name": "create",
            "messaging.operation.type": "create",
            "messaging.destination.name": exchange,
            "messaging.rabbitmq.destination.routing_key": event.type,
            "messaging.message.id": event.id,
            "messaging.message.conversation_id": event.request_id,
            f"emitra.{event.aggregate_type}.id": event.aggregate_id,
        },
    ):
        yield


@contextmanager
def processing(queue: str, events: Sequence[ReceivedEvent]) -> Iterator[None]:
    """The span and the log context of one call of a handler.

    One event's span continues its producer's trace; a batch's begins one, and both are linked to each producer. The
    message's id and the request's that it comes from (its correlation id) are on the span of one, on the links of a
    batch: so the OpenTelemetry semantic conventions for messaging would have it.
    """
    contexts = [_trace_context.extract(event.trace_context) for event in events]
    producers = [trace.get_current_span(context).get_span_context() for context in contexts]
    messages = [
        {
            "messaging.message.id": event.id,
            "messaging.message.conversation_id": event.request_id,
            "emitra.subject.id": event.subject,
        }
        for event in events
    ]
    first, alone = events[0], len(events) == 1
    attributes: dict[str, Any] = {
        "messaging.system": "rabbitmq",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": queue,
    }
    if alone:
        attributes |= messages[0]
        logged = {"request_id": first.request_id, "message_id": first.id, "subject": first.subject}
    else:
        attributes["messaging.batch.message_count"] = len(events)
        logged = {"messages": str(len(events))}
    with (
        structlog.contextvars.bound_contextvars(queue=queue, **logged),
        _tracer.start_as_current_span(
            f"process {first.type}",
            context=contexts[0] if alone else Context(),
            kind=SpanKind.CONSUMER,
            links=[
                Link(producer, None if alone else message)
                for producer, message in zip(producers, messages, strict=True)
                if producer.is_valid
            ],
            attributes=attributes,
        ),
    ):
        yield
