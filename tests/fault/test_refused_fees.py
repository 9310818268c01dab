"""Money that reached a department for nothing is handed to people once, however often the broker delivers."""

import json
import uuid
from functools import partial
from typing import Any

import pika

from emitra_local.stack import Stack
from tests.e2e.test_journeys import application_when, domicile, pay_fee
from tests.support.invariants import assert_invariants
from tests.support.platform import Client, eventually
from tests.support.settled import database

PAID, REFUSED = "certificates.payment.completed.v1", "billing.fee.refused.v1"
WITHDRAWN = "billing.application.withdrawn.v1"
ARRIVES_WITHIN_SECONDS = 60


def delivered(stack: Stack, consumer: Any, queue: str, *rows: dict[str, Any]) -> None:
    """Publishes messages to a queue and waits until its consumer's inbox has all of them."""
    with pika.BlockingConnection(pika.URLParameters(stack.infrastructure.amqp_url)) as connection:
        channel = connection.channel()
        for row in rows:
            properties = pika.BasicProperties(
                message_id=row["message_id"],
                type=row["message_type"],
                content_type=row["content_type"],
                delivery_mode=2,
            )
            channel.basic_publish("", queue, row["body"], properties, mandatory=True)
    for row in rows:
        known = partial(consumer.inbox.find_one, {"_id": f"{queue}|{row['message_id']}"})
        eventually(known, ARRIVES_WITHIN_SECONDS, f"{queue} is handled")


def in_another_event(row: dict[str, Any], **data: Any) -> dict[str, Any]:
    """The same facts, told again by mistake under an id that no inbox knows, some of them changed."""
    envelope = json.loads(row["body"])
    # A UUIDv7 whose time is nobody's: only its form matters.
    number = uuid.uuid4().hex
    envelope["id"] = str(uuid.UUID(f"{number[:12]}7{number[13:]}"))
    envelope["data"] |= data
    return {**row, "message_id": envelope["id"], "body": json.dumps(envelope).encode()}


def test_a_fee_that_is_paid_again_is_refused_once_and_opens_one_break(stack: Stack, kiosk: Client) -> None:
    application_id = domicile(kiosk)["application_id"]
    application = kiosk.get(f"/v1/applications/{application_id}").json
    payment_id = pay_fee(kiosk, application).json["payment_id"]
    application_when(kiosk, application_id, "IN_VERIFICATION")
    again = f"pay_{uuid.uuid4().hex}"
    with database(stack, "billing") as billing, database(stack, "certificates") as certificates:
        completed = billing.outbox.find_one({"routing_key": "payment.completed.v1", "aggregate.id": payment_id})
        assert completed is not None
        second = in_another_event(completed, payment_id=again)
        delivered(stack, certificates, PAID, second, second, in_another_event(second))
        mine = {"payment_id": again}
        eventually(lambda: billing.breaks.find_one(mine), ARRIVES_WITHIN_SECONDS, "billing has opened a break")
        (refused,) = certificates.outbox.find({"routing_key": "fee.refused.v1", "aggregate.id": again})
        assert certificates.application_history.count_documents(mine) == 1

        delivered(stack, billing, REFUSED, refused, refused, in_another_event(refused))
        (opened,) = billing.breaks.find(mine)
        assert (opened["kind"], opened["owner"], opened["status"]) == ("fee-refused", "operations", "open")
        assert opened["due_at"] > opened["opened_at"]
    assert_invariants(stack)


def test_the_fee_of_a_withdrawn_application_goes_back_where_a_rule_says_so_and_the_application_tells_it(
    stack: Stack, kiosk: Client
) -> None:
    application_id = domicile(kiosk)["application_id"]
    application = kiosk.get(f"/v1/applications/{application_id}").json
    payment_id = pay_fee(kiosk, application).json["payment_id"]
    application_when(kiosk, application_id, "IN_VERIFICATION")
    assert kiosk.post(f"/v1/applications/{application_id}/withdrawals", None).status == 201
    with database(stack, "billing") as billing, database(stack, "certificates") as certificates:
        told = {"routing_key": "application.withdrawn.v1", "aggregate.id": application_id}
        row = eventually(lambda: certificates.outbox.find_one(told), ARRIVES_WITHIN_SECONDS, "it is withdrawn")
        # No order gives the fee back of any type that is shipped; a department's may.
        by_rule = in_another_event(
            row, refund_due=True, refund={"amount": application["fee"]["amount"], "currency": "INR"}
        )
        delivered(stack, billing, WITHDRAWN, by_rule, by_rule)

    def returned() -> bool:
        standing = kiosk.get(f"/v1/applications/{application_id}/standing").json
        return [line["payment_id"] for line in standing["returned"]] == [payment_id]

    eventually(lambda: returned() or None, ARRIVES_WITHIN_SECONDS, "the application tells that the fee came back")
    assert kiosk.get(f"/v1/payments/{payment_id}").json["status"] == "COMPLETED"
    assert_invariants(stack)
