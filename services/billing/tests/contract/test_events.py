"""What billing publishes is what the contract says, and it reads what it consumes."""

from dataclasses import replace
from typing import Any

import pytest
from tests.support.builders import NOW, a_payment, a_top_up

import emitra_contracts
from billing.adapters.events import ending_event, low_wallet_event, topped_up_event
from billing.application.wallets.ports import Fall
from billing.domain.payments.payment import Failure, Payment, State
from billing.domain.top_ups.top_up import TopUpState
from billing.entrypoints.consumers import CONSUMERS
from billing.entrypoints.service import SERVICE
from emitra_contracts import every_example, producer, validate_produced
from servicekit.events.envelope import parse, serialise
from servicekit.ids import event_id, public_id, transaction_token
from servicekit.testing.contract import contract_of

TestContract = contract_of(SERVICE, every_example, producer)


def made(**changes: Any) -> Payment:
    payment = replace(a_payment(public_id("pay"), **changes), transaction_token=transaction_token())
    return replace(payment, client_id="cli_0192f3a1c0de7a5ebc0f5d2c9a7b1e44", request_id="req_" + "0" * 32)


def completed() -> list[Payment]:
    by_card = made(mode="CARD", state=State.POST_REQUESTED)
    fee = made(application_id=public_id("app"), biller_id="EMITRA-FEES", category="APPLICATION_FEE")
    return [
        made().posted(NOW, "ref", resume_at=NOW),
        by_card.posted(NOW, "ref", resume_at=NOW).completed(NOW),
        fee.posted(NOW, "ref", resume_at=NOW),
    ]


def failed() -> list[Payment]:
    refused = made().refused(NOW, Failure("biller-refused", "no", money_returned=True), resume_at=NOW)
    expired = made().refused(NOW, Failure("expired", "no", money_returned=True), resume_at=NOW)
    declined = Failure("authorisation-declined", "no", money_returned=True)
    return [refused, expired, made(mode="UPI").move(NOW, State.AUTH_FAILED, failure=declined)]


@pytest.mark.parametrize("payment", [*completed(), *failed()], ids=lambda p: f"{p.mode}-{p.state}-{p.biller_id}")
def test_every_ending_of_a_payment_is_a_valid_event(payment: Payment) -> None:
    event = ending_event(payment, event_id())
    envelope = parse_again(serialise(event, "billing"))

    validate_produced(envelope)
    assert event.type in SERVICE.publishes


@pytest.mark.parametrize("available_paise", [47_500, 0, -2_500])
def test_a_low_wallet_is_told_by_a_valid_event_whatever_is_left(available_paise: int) -> None:
    fall = Fall("ksk_RJ10200001", None, NOW, available_paise=available_paise, limit_paise=50_000)
    event = low_wallet_event(fall, event_id(), public_id("req"), sequence=1)
    validate_produced(parse_again(serialise(event, "billing")))
    assert event.type in SERVICE.publishes


def test_a_credited_top_up_is_told_by_a_valid_event() -> None:
    top_up = a_top_up(
        public_id("top"), client_id="cli_0192f3a1c0de7a5ebc0f5d2c9a7b1e44", request_id=public_id("req")
    ).move(NOW, TopUpState.CREDITED)
    event = topped_up_event(top_up, event_id())
    validate_produced(parse_again(serialise(event, "billing")))
    assert event.type in SERVICE.publishes


def parse_again(body: bytes) -> dict[str, Any]:
    """The envelope as a consumer's JSON reader sees it."""
    import json

    parse(body)
    envelope: dict[str, Any] = json.loads(body)
    return envelope


def test_a_payment_in_progress_has_no_event() -> None:
    with pytest.raises(ValueError, match="has not ended"):
        ending_event(made(), event_id())


@pytest.mark.parametrize("consumer", CONSUMERS, ids=lambda consumer: consumer.event)
def test_billing_requires_nothing_that_the_contract_does_not_promise(consumer: Any) -> None:
    promised = set(emitra_contracts.schema(consumer.event)["required"])

    assert {field.data_key or name for name, field in consumer.schema.fields.items() if field.required} <= promised
