"""What the previous release left in the air comes to its end under this one, and what it promised is kept.

From outside, as its clients see it: they repeat their requests under the same keys, pay what they fetched, follow their
tokens, and turn the next page.
"""

import json
import subprocess
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import urllib3

from emitra_local.stack import Stack
from tests.conftest import ROOT
from tests.support.invariants import assert_invariants
from tests.support.platform import Answer, Client, Platform, eventually
from tests.upgrade.conftest import RELEASED, last_release_of
from tests.upgrade.release import CapturedRelease
from tests.upgrade.states import KIOSK, OFFICER, Promise

Clients = Callable[[str], Client]
Promises = Mapping[str, Promise]

# Which of an answer's members say what it is about; the others show it as it is now.
IDENTIFYING = ("payment_id", "transaction_token", "application_id", "bill_id", "amount", "total")
# The sweeper's longest wait between two inquiries is a minute; what was captured had been asked about once.
END_TIMEOUT_SECONDS = 40


def repeat(client: Clients, promise: Promise) -> Answer:
    return client(promise.client).post(promise.path, promise.body, promise.key)


def parts(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """What an answer is about: a payment, an application; or the bills in it."""
    return [{name: row.get(name) for name in IDENTIFYING} for row in answer.get("bills", [answer])]


def payment_of(client: Clients, promise: Promise) -> dict[str, Any]:
    """As the repeated request shows it: whoever got no answer knows nothing but the key."""
    return repeat(client, promise).expect(200, 201, 202).json


def at_biller(stack: Stack, payment_id: str) -> list[dict[str, Any]]:
    """What the biller network has accepted of a payment."""
    url = f"{stack.simulator_urls['biller-simulator']}/control/payments"
    accepted = urllib3.request("GET", url, fields={"request_id": f"{payment_id}:post"}, timeout=10)
    return list(accepted.json()["payments"])


@pytest.mark.parametrize("service", RELEASED)
def test_no_service_was_released_after_what_was_captured(release: CapturedRelease, service: str) -> None:
    last = last_release_of(service)
    order = ["git", "merge-base", "--is-ancestor", last.commit, release.commit]
    remedy = f"{last.tag} is newer than the capture: docs/release.md, To release, 5"
    assert subprocess.run(order, cwd=ROOT, check=False).returncode == 0, remedy


def test_every_program_runs_with_the_previous_releases_settings(stack: Stack, release: CapturedRelease) -> None:
    for program, settings in release.environments.items():
        running = json.loads((stack.state / "programs" / f"{program}.json").read_text())["env"]
        # Where its probes are asked is the one thing that it is told beside; see release.py.
        assert running.keys() - {"API_PROBE_PORT"} == settings.keys(), program
        literal = {name: value for name, value in settings.items() if "$" not in value}
        assert literal.items() <= running.items(), program


def test_repeating_any_request_of_the_previous_release_has_no_second_effect(
    client: Clients, promises: Promises
) -> None:
    answered = {name: promise for name, promise in promises.items() if promise.status and promise.key}
    assert len(answered) > 30
    for name, promise in answered.items():
        again = repeat(client, promise)
        assert again.status in {200, 201, 202}, (name, again)
        assert again.headers["Idempotent-Replayed"] == "true", (name, again)
        for before, after in zip(parts(promise.answer), parts(again.json), strict=True):
            # What was told then is told again; what was not told yet may be now.
            assert {member: after[member] for member, told in before.items() if told is not None} == {
                member: told for member, told in before.items() if told is not None
            }, name


def test_the_same_key_with_another_request_is_still_refused(client: Clients, promises: Promises) -> None:
    paid = promises["paid by wallet"]
    other = paid.body | {"bill_id": promises["bill not paid"].answer["bills"][0]["bill_id"]}
    assert client(paid.client).post(paid.path, other, paid.key).status == 422


@pytest.mark.parametrize("name", ["not asked", "asked"])
def test_a_payment_whose_process_was_killed_is_made_once(
    stack: Stack, client: Clients, promises: Promises, name: str
) -> None:
    """S1 and S2: the old process died before it asked the biller, or before it heard the answer."""
    payment_id = payment_of(client, promises[name])["payment_id"]
    paid = client(KIOSK).payment_when(payment_id, "COMPLETED", END_TIMEOUT_SECONDS)
    assert paid["receipt"]["receipt_number"]
    assert [(row["status"], row["times_received"]) for row in at_biller(stack, payment_id)] == [("SUCCESS", 1)]


def test_a_payment_without_an_answer_is_found_out_and_not_sent_again(
    stack: Stack, client: Clients, promises: Promises
) -> None:
    payment_id = promises["no answer"].answer["payment_id"]
    client(KIOSK).payment_when(payment_id, "COMPLETED", END_TIMEOUT_SECONDS)
    assert [(row["status"], row["times_received"]) for row in at_biller(stack, payment_id)] == [("SUCCESS", 1)]


def test_a_payment_that_the_biller_refuses_later_is_given_back(client: Clients, promises: Promises) -> None:
    payment_id = promises["pending, to be refused"].answer["payment_id"]
    failed = client(KIOSK).payment_when(payment_id, "FAILED", END_TIMEOUT_SECONDS)
    assert (failed["failure"]["code"], failed["failure"]["money_returned"]) == ("biller-refused", True)


@pytest.mark.usefixtures("partners_decided")
@pytest.mark.parametrize("name", ["pending", "card pending"])
def test_a_pending_payment_is_completed_when_the_other_side_has_decided(
    client: Clients, promises: Promises, name: str
) -> None:
    promise = promises[name]
    client(promise.client).payment_when(promise.answer["payment_id"], "COMPLETED", END_TIMEOUT_SECONDS)


@pytest.mark.usefixtures("biller_called")
def test_a_payment_with_people_is_completed_when_the_biller_calls(client: Clients, promises: Promises) -> None:
    promise = promises["with people"]
    assert promise.answer["status"] == "IN_DOUBT"
    client(promise.client).payment_when(promise.answer["payment_id"], "COMPLETED", END_TIMEOUT_SECONDS)


def test_bills_that_were_fetched_can_be_paid(client: Clients, promises: Promises) -> None:
    [bill] = promises["bill not paid"].answer["bills"]
    assert client(KIOSK).pay(bill).expect(201).json["status"] == "COMPLETED"
    assert client(KIOSK).pay(bill).json["code"] == "bill-already-paid"
    [in_parts] = promises["bill in parts"].answer["bills"]
    part = {"amount": 20_000, "currency": "INR"}
    assert client(KIOSK).pay(in_parts, amount=part).expect(201).json["amount"] == part


@pytest.mark.parametrize(
    "name", ["paid by wallet", "paid by card", "paid and not told", "no answer", "not asked", "asked", "with people"]
)
def test_a_bill_that_is_paid_or_being_paid_cannot_be_paid_again(client: Clients, promises: Promises, name: str) -> None:
    promise = promises[name]
    again = client(promise.client).post("/v1/payments", promise.body)
    assert (again.status, again.json["code"]) == (409, "bill-already-paid"), again


def test_a_bill_whose_payment_failed_can_be_paid_again(client: Clients, promises: Promises) -> None:
    declined = promises["declined card"]
    body = declined.body | {"payment_instrument": "tok_sandbox_ok"}
    paid = client(declined.client).post(declined.path, body).expect(201, 202).json
    client(declined.client).payment_when(paid["payment_id"], "COMPLETED")


@pytest.mark.parametrize("name", ["paid by wallet", "paid by card", "fee paid of issued"])
def test_a_receipt_stays_as_it_was(client: Clients, promises: Promises, name: str) -> None:
    promise = promises[name]
    receipt = client(promise.client).get(f"/v1/payments/{promise.answer['payment_id']}/receipt").expect(200).json
    # Its instant was moved with all others of the capture; what the release did not tell yet may stand beside.
    promised = {name: value for name, value in promise.answer["receipt"].items() if name != "issued_at"}
    assert {name: receipt[name] for name in promised} == promised


def test_an_application_whose_fee_is_due_is_paid_decided_and_issued(
    platform: Platform, client: Clients, promises: Promises, old: set[str]
) -> None:
    application = promises["fee due"].answer
    [bill] = promises["fee of fee due"].answer["bills"]
    client(KIOSK).pay(bill).expect(201)
    assert_approved(platform, client, application, old)


def test_an_application_in_verification_is_in_the_officers_queue_and_is_approved(
    platform: Platform, client: Clients, promises: Promises, old: set[str]
) -> None:
    application = promises["in verification"].answer
    queue = client(OFFICER).get("/v1/applications?limit=200").expect(200).json["items"]
    queued = application["application_id"] in {row["application_id"] for row in queue}
    assert queued != waits_for_identity(old)
    assert_approved(platform, client, application, old)


def assert_approved(platform: Platform, client: Clients, application: dict[str, Any], old: set[str]) -> None:
    """Once the application is in verification the officer approves it, and its certificate verifies."""
    path = f"/v1/applications/{application['application_id']}"
    eventually(lambda: client(KIOSK).get(path).json["state"] == "IN_VERIFICATION", what="it is in verification")
    decision = client(OFFICER).post(f"{path}/decisions", {"decision": "approve", "remarks": "Documents seen."})
    if waits_for_identity(old):
        assert (decision.status, decision.json["code"]) == (403, "another-post-required")
        assert client(KIOSK).get(path).json["state"] == "IN_VERIFICATION"
        return
    decision.expect(201)
    client(KIOSK).transaction_when(application["transaction_token"], "ISSUED")
    certificate_id = client(KIOSK).get(path).json["certificate_id"]
    certificate = client(KIOSK).get(f"/v1/certificates/{certificate_id}").expect(200).json
    assert is_valid(platform, certificate["document"])


def waits_for_identity(old: set[str]) -> bool:
    """Whether no step can be decided: certificates asks for the officer's post, which identity's tokens do not name in
    0.1.0 (docs/release.md, "In which order")."""
    return "identity" in old and last_release_of("identity").version == "0.1.0" and "certificates" not in old


def test_a_certificate_of_the_previous_release_verifies(
    platform: Platform, client: Clients, promises: Promises
) -> None:
    decision = promises["decision of issued"].answer
    shown = client(KIOSK).get(f"/v1/certificates/{decision['certificate_id']}").expect(200).json
    assert is_valid(platform, shown["document"])
    assert not is_valid(platform, shown["document"][:-8] + "AAAAAAAA")


def is_valid(platform: Platform, document: str) -> bool:
    verdict = platform.call("POST", "/v1/certificate-verifications", {"document": document}).expect(200)
    return bool(verdict.json["valid"])


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("paid by wallet", "COMPLETED"),
        ("paid by card", "COMPLETED"),
        ("refused by the biller", "FAILED"),
        ("issued", "ISSUED"),
        ("rejected", "REJECTED"),
        ("paid and not told", "COMPLETED"),
    ],
)
def test_a_token_of_the_previous_release_is_answered(
    client: Clients, promises: Promises, name: str, status: str
) -> None:
    promise = promises[name]
    client(promise.client).transaction_when(promise.answer["transaction_token"], status)


def test_what_an_event_had_not_told_is_told(client: Clients, promises: Promises) -> None:
    """The relay sends what the previous one left, and billing raises the fee demand from it."""
    application = promises["applied and not told"].answer
    pay_with = application["fee"]["pay_with"]
    fetched = eventually(
        lambda: client(KIOSK).post("/v1/bill-fetches", pay_with).json.get("bills"), what="billing knows of the fee"
    )
    client(KIOSK).pay(fetched[0]).expect(201)
    client(KIOSK).transaction_when(application["transaction_token"], "IN_VERIFICATION")
    token = promises["paid and not told"].answer["transaction_token"]

    def events() -> set[str]:
        return {event["type"] for event in client(KIOSK).get(f"/v1/transactions/{token}").json["events"]}

    eventually(lambda: "payment.completed" in events(), what="the view has the event")


@pytest.mark.usefixtures("letter_redriven")
def test_a_letter_that_was_parked_is_sent_again(client: Clients, promises: Promises) -> None:
    token = promises["rejected, and the event parked"].answer["transaction_token"]
    client(KIOSK).transaction_when(token, "REJECTED")


@pytest.mark.parametrize("name", ["page of applications", "page of centres"])
def test_the_next_page_of_a_list_can_be_read(client: Clients, promises: Promises, name: str) -> None:
    page = promises[name]
    following = client(page.client).get(f"{page.path}&cursor={page.answer['next']}").expect(200).json
    assert following["items"]
    assert not {json.dumps(item) for item in following["items"]} & {json.dumps(item) for item in page.answer["items"]}


def test_the_stored_names_are_migrated_beside_the_running_service(stack: Stack, old: set[str]) -> None:
    billing = stack.services["billing"]
    if "billing" not in old:  # it brings the names that the old one does not know
        assert "none left" in billing.command("migrate")
        assert "0 document(s) migrated, none left" in billing.command("migrate")
    billing.command("check-books")


@pytest.mark.usefixtures("partners_decided", "biller_called", "letter_redriven")
def test_everybodys_books_agree_in_the_end(stack: Stack) -> None:
    """I1 to I8 on old and new data together: everything has arrived, nothing is parked, and people are left nothing."""

    def left_to_people() -> list[dict[str, Any]]:
        return [row for row in assert_invariants(stack).breaks if row["status"] == "open"]

    # The biller called a moment ago, perhaps.
    eventually(lambda: not left_to_people(), what="people are left nothing")
    stack.services["billing"].command("check-books")
