"""payment.completed.v1 reaches this service, once, twice, late or short."""

from dataclasses import replace

from tests.support.builders import birth_form
from tests.support.world import World, json_of

from servicekit.testing import published


def state(world: World, application: dict[str, object]) -> str:
    return str(world.application(str(application["application_id"]))["state"])


def happened(world: World, application: dict[str, object]) -> list[str]:
    return [line["what"] for line in world.history(str(application["application_id"]))]


def refused(world: World) -> list[tuple[str, str]]:
    """Payment and reason of every refusal that was announced."""
    events = [event for event in published(world.mongo) if event["type"] == "org.emitra.fee.refused.v1"]
    return sorted((event["data"]["payment_id"], event["data"]["reason"]) for event in events)


def test_a_paid_fee_starts_the_verification_and_its_clock(world: World) -> None:
    application = json_of(world.kiosk().apply(), 201)
    world.paid(application)
    answer = world.kiosk().get(f"/v1/applications/{application['application_id']}")
    paid = json_of(answer, 200)
    assert paid["state"] == "IN_VERIFICATION"
    assert paid["due_on"] is not None
    assert paid["fee"]["pay_with"] is None
    assert answer.headers["ETag"] == '"2"'
    assert [line["what"] for line in json_of(answer, 200)["history"]] == ["submitted", "fee_paid"]
    assert happened(world, application) == ["submitted", "fee_paid"]


def test_the_same_event_again_changes_nothing(world: World) -> None:
    application = json_of(world.kiosk().apply(), 201)
    event = world.payment(application)
    world.deliver(event)
    world.deliver(event)
    assert happened(world, application) == ["submitted", "fee_paid"]
    assert world.application(application["application_id"])["version"] == 2


def test_the_same_payment_in_a_new_event_changes_nothing(world: World) -> None:
    application = json_of(world.kiosk().apply(), 201)
    world.paid(application, payment_id="pay_1")
    world.paid(application, payment_id="pay_1")
    assert happened(world, application) == ["submitted", "fee_paid"]
    assert refused(world) == []


def test_a_refusal_names_the_event_that_led_to_it(world: World) -> None:
    application = json_of(world.kiosk().apply(), 201)
    world.paid(application)
    second = world.payment(application)
    world.deliver(second)
    causes = {event["type"]: event.get("causationid") for event in published(world.mongo)}
    assert causes == {"org.emitra.application.submitted.v1": None, "org.emitra.fee.refused.v1": second.id}


def test_a_second_payment_is_refused_once_and_moves_nothing(world: World) -> None:
    application = json_of(world.kiosk().apply(), 201)
    world.paid(application, payment_id="pay_1")
    for _ in range(2):
        world.paid(application, payment_id="pay_2")
    assert happened(world, application) == ["submitted", "fee_paid", "fee_paid_again"]
    assert world.application(application["application_id"])["payment_id"] == "pay_1"
    assert refused(world) == [("pay_2", "paid-twice")]


def test_two_payments_handled_in_one_transaction_start_one_verification(world: World) -> None:
    application = json_of(world.kiosk().apply(), 201)
    world.deliver(world.payment(application, payment_id="pay_1"), world.payment(application, payment_id="pay_2"))
    assert sorted(happened(world, application)) == ["fee_paid", "fee_paid_again", "submitted"]
    accepted = world.application(application["application_id"])["payment_id"]
    assert refused(world) == [("pay_2" if accepted == "pay_1" else "pay_1", "paid-twice")]
    assert world.application(application["application_id"])["version"] == 2


def test_a_payment_of_less_than_the_fee_is_refused_and_the_fee_may_still_be_paid(world: World) -> None:
    application = json_of(world.kiosk().apply(), 201)
    world.paid(application, paise=4999, payment_id="pay_1")
    assert state(world, application) == "FEE_DUE"
    assert happened(world, application) == ["submitted", "fee_paid_short"]
    (event,) = [event for event in published(world.mongo) if event["subject"] == "pay_1"]
    assert (event["data"]["amount"]["amount"], event["data"]["fee"]["amount"]) == (4999, application["fee"]["amount"])
    world.paid(application, payment_id="pay_2")
    assert state(world, application) == "IN_VERIFICATION"
    world.paid(application, paise=4999, payment_id="pay_1")
    assert refused(world) == [("pay_1", "paid-short")]


def test_a_payment_for_a_free_application_is_refused_and_moves_nothing(world: World) -> None:
    application = json_of(world.kiosk().apply("birth", birth_form()), 201)
    world.paid(application, paise=5000, payment_id="pay_1")
    assert happened(world, application) == ["submitted", "fee_paid_again"]
    assert refused(world) == [("pay_1", "nothing-due")]
    assert state(world, application) == "IN_VERIFICATION"


def test_a_payment_after_the_decision_does_not_reopen_the_application(world: World) -> None:
    application = world.awaiting_decision()
    json_of(world.officer().decide(application["application_id"], "reject"), 201)
    world.paid(application, payment_id="pay_late")
    assert state(world, application) == "REJECTED"
    assert refused(world) == [("pay_late", "paid-twice")]


def test_an_ordinary_bill_concerns_nobody_here(world: World) -> None:
    application = json_of(world.kiosk().apply(), 201)
    event = world.payment(application)
    world.deliver(replace(event, data={**event.data, "application_id": None}))
    assert state(world, application) == "FEE_DUE"
    assert world.mongo.db["inbox"].count_documents({}) == 0
    assert len(published(world.mongo)) == 1  # ours: nothing is tried again either


def test_a_payment_for_an_application_we_never_had_is_kept_for_a_person_to_see(world: World) -> None:
    application = json_of(world.kiosk().apply(), 201)
    world.paid({**application, "application_id": "app_00000000000000000000000000000000"})
    assert world.mongo.db["inbox"].count_documents({}) == 0
    assert len(published(world.mongo)) == 2  # ours, and the message on its way to be tried again
