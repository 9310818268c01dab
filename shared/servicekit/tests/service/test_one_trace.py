"""One trace from a client's call to the last effect, and the ids in the lines of the log."""

import json
import os
from typing import Any

from servicekit.testing import programs

TRACE = "0af7651916cd43dd8448eb211c80319c"
PAYMENT = f"pay_{'0' * 12}7{'0' * 3}8{'0' * 15}"
PROGRAM = """
import json, sys, threading
from datetime import UTC, datetime

from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from servicekit.events import Consumer, NewEvent, Outbox
from servicekit.events.envelope import Message
from servicekit.events.handling import Delivery
from servicekit.http import Blueprint
from servicekit.mongo import Mongo
from servicekit.observability import configure_logging, configure_tracing
from servicekit.observability.calls import outgoing_call
from servicekit.service import Service
from servicekit.settings import ServiceSettings
from servicekit.testing import settings_for
from marshmallow import Schema

PAYMENT, TRACE, RATIO = sys.argv[1:]
blp, sent, ids = Blueprint("payments"), {}, []
service = Service(
    name="traced", version="1.2.3", bootstrap=lambda settings, mongo: None, blueprints=[blp],
    publishes=["payment.completed.v1"],
    consumes=[Consumer("payment.completed.v1", "traced", Schema(), lambda *_: None)],
)
settings = settings_for(
    service.settings, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9", TRACE_SAMPLE_RATIO=RATIO
)
configure_logging("info", "traced", "api")
provider = configure_tracing("traced", "1.2.3", "api", settings)
exporter = InMemorySpanExporter()
provider.add_span_processor(SimpleSpanProcessor(exporter))

with Mongo(settings.mongodb_uri, "one_trace", 5) as mongo:
    service.prepare_database(mongo)
    for collection in mongo.db.list_collection_names():
        mongo.db[collection].delete_many({})
    outbox = Outbox(mongo.db, "traced")

    @blp.route("/v1/payments/<payment_id>")
    @blp.public("a test")
    @blp.response(200)
    def pay(payment_id):
        with outgoing_call("biller", "POST", sent) as call:
            call.status = 200
        event = NewEvent(
            id="01930a6c-0000-7000-8000-000000000001", type="payment.completed.v1", aggregate_type="payment",
            aggregate_id=payment_id, sequence=1, occurred_at=datetime.now(UTC), data={}, request_id="req_1",
        )
        mongo.transact(lambda session: outbox.add(session, event))
        return {}

    client = service.flask_app(settings, mongo, application=object()).test_client()
    headers = {} if TRACE == "none" else {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01", "tracestate": "vendor=1"}
    client.get(f"/v1/payments/{PAYMENT}", headers=headers)
    row = mongo.db.outbox.find_one({})
    message = Message(row["message_id"], row["message_type"], row["content_type"], bytes(row["body"]), {})
    (queue,) = service.topology.queues
    service.handling(mongo, object()).handle([Delivery(queue, message)])
spans = [
    {
        "name": span.name, "kind": span.kind.name, "trace": f"{span.context.trace_id:032x}",
        "id": span.context.span_id, "parent": span.parent and span.parent.span_id,
        "state": span.context.trace_state.to_header(), "attributes": dict(span.attributes),
        "resource": dict(span.resource.attributes),
    }
    for span in exporter.get_finished_spans()
]
print(json.dumps({"spans": spans, "sent": sent}))
"""


def traced(trace: str = TRACE, ratio: str = "1") -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What the program did, and its log."""
    status, said = programs.run(PROGRAM, [PAYMENT, trace, ratio], os.environ, 60)
    assert status == 0, said
    lines = [json.loads(line) for line in said if line.startswith("{")]
    (told,) = [line for line in lines if "spans" in line]
    return told, [line for line in lines if line is not told]


def test_the_call_the_partner_the_event_and_its_effect_are_one_trace() -> None:
    told, lines = traced()
    spans = {span["kind"]: span for span in told["spans"] if not span["attributes"].get("db.system")}
    assert set(spans) == {"SERVER", "CLIENT", "PRODUCER", "CONSUMER"}
    assert {span["trace"] for span in spans.values()} == {TRACE}
    assert spans["CLIENT"]["parent"] == spans["PRODUCER"]["parent"] == spans["SERVER"]["id"]
    assert spans["CONSUMER"]["parent"] == spans["PRODUCER"]["id"]
    # What went to the partner names the CLIENT span, and keeps what others had written (W3C Trace Context 3.3).
    assert told["sent"] == {
        "traceparent": f"00-{TRACE}-{spans['CLIENT']['id']:016x}-01",
        "tracestate": "vendor=1",
    }
    assert {span["state"] for span in spans.values()} == {"vendor=1"}
    resource = spans["SERVER"]["resource"]
    assert (resource["service.name"], resource["service.version"], resource["emitra.process"]) == (
        "traced",
        "1.2.3",
        "api",
    )
    assert resource["service.instance.id"]
    assert spans["SERVER"]["attributes"]["emitra.ids"] == [PAYMENT]
    assert spans["PRODUCER"]["attributes"]["emitra.payment.id"] == PAYMENT
    assert spans["CONSUMER"]["attributes"]["emitra.subject.id"] == PAYMENT
    by_event = {line["event"]: line for line in lines}
    assert by_event["http_request"]["ids"] == [PAYMENT]
    assert (by_event["event_recorded"]["subject"], by_event["event_recorded"]["trace_id"]) == (PAYMENT, TRACE)
    assert (by_event["messages_handled"]["subjects"], by_event["messages_handled"]["request_ids"]) == (
        [PAYMENT],
        ["req_1"],
    )


def test_a_read_that_is_not_to_be_sampled_is_not_exported_and_what_changes_something_is() -> None:
    told, _ = traced(trace="none", ratio="0")
    kinds = {span["kind"] for span in told["spans"] if not span["attributes"].get("db.system")}
    # The request only read, as far as its method tells; nothing below it is exported either.
    assert kinds == set()
    # What was done before it, by no request, changed something.
    assert {span["attributes"]["db.system"] for span in told["spans"]} == {"mongodb"}
    told, _ = traced(ratio="0")
    assert "SERVER" in {span["kind"] for span in told["spans"]}, "a caller's own decision is kept"
