"""The two journeys, from outside, as a kiosk, a portal and an officer make them."""

import base64
from typing import Any

import pytest

from tests.support.platform import Answer, Client, Platform, eventually, new_key

APPLICANT = {
    "name": "Sandbox Applicant",
    "name_hi": "सैंडबॉक्स आवेदक",
}


@pytest.fixture
def kiosk(platform: Platform) -> Client:
    return platform.client("kiosk-jaipur")


@pytest.fixture
def portal(platform: Platform) -> Client:
    return platform.client("portal-sandbox")


def domicile(client: Client, district: str = "102") -> dict[str, Any]:
    """A domicile application made from the form that the type itself describes."""
    described = client.get("/v1/application-types/domicile")
    assert described.status == 200, described
    answer = client.post(
        "/v1/applications",
        {"application_type": "domicile", "district_code": district, "applicant": filled(described.json)},
    )
    assert answer.status == 201, answer
    return answer.json


def filled(described: dict[str, Any]) -> dict[str, Any]:
    """A sandbox person's answers to the required questions of a form."""
    answers: dict[str, Any] = {}
    for question in described["form"]["fields"]:
        if question.get("required"):
            answers[question["name"]] = APPLICANT.get(question["name"], sample(question))
    return answers


def sample(question: dict[str, Any]) -> Any:
    if question.get("choices"):
        first = question["choices"][0]
        return first["value"] if isinstance(first, dict) else first
    return {"date": "1990-04-01", "integer": 12, "boolean": True}.get(question["type"], "Sandbox")


def pay_fee(client: Client, application: dict[str, Any], **mode: Any) -> Answer:
    """Pays an application's fee like any bill."""
    body = application["fee"]["pay_with"]

    def demand() -> Answer | None:
        answer = client.post("/v1/bill-fetches", body)
        return answer if answer.status == 201 else None

    bill = eventually(demand, 20, "billing has raised the fee demand").json["bills"][0]
    assert bill["amount"] == {"amount": application["fee"]["amount"], "currency": application["fee"]["currency"]}
    return client.pay(bill, **mode)


def application_when(client: Client, application_id: str, state: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        application = client.get(f"/v1/applications/{application_id}").json
        return application if application["state"] == state else None

    return eventually(look, 20, f"application {application_id} is {state}")


def test_a_bill_is_paid_at_a_kiosk(kiosk: Client) -> None:
    billers = kiosk.get("/v1/billers").json["items"]
    assert "JVVNL" in {biller["biller_id"] for biller in billers}
    before = kiosk.get("/v1/wallet").json["available"]["amount"]
    bill = kiosk.fetch_bill("100000000001")
    assert bill["amount"] == {"amount": 152500, "currency": "INR"}
    answer = kiosk.pay(bill)
    assert answer.status == 201, answer
    payment = answer.json
    assert (payment["status"], payment["state"]) == ("COMPLETED", "COMPLETED")
    assert kiosk.get(f"/v1/payments/{payment['payment_id']}").json["receipt"] == payment["receipt"]
    receipt = kiosk.get(f"/v1/payments/{payment['payment_id']}/receipt")
    assert receipt.json["receipt_number"] == payment["receipt"]["receipt_number"]
    seen = kiosk.transaction_when(payment["transaction_token"], "COMPLETED")
    assert seen["reference_id"] == payment["payment_id"]
    after = kiosk.get("/v1/wallet").json["available"]["amount"]
    assert before - after == payment["total"]["amount"]


def test_a_payment_can_be_followed_right_after_it_was_made(kiosk: Client) -> None:
    for number in range(5):
        payment = kiosk.pay(kiosk.fetch_bill(f"20000000050{number}")).json
        seen = kiosk.get(f"/v1/transactions/{payment['transaction_token']}")
        assert seen.status == 200, seen


def test_a_repeated_request_pays_once(kiosk: Client) -> None:
    key, bill = new_key(), kiosk.fetch_bill("200000000601")
    first, second = kiosk.pay(bill, key), kiosk.pay(bill, key)
    assert first.json["payment_id"] == second.json["payment_id"]
    assert second.headers["Idempotent-Replayed"] == "true"


def test_a_portal_payment_goes_through_the_payment_service_provider(portal: Client) -> None:
    bill = portal.fetch_bill("200000000701")
    answer = portal.pay(bill, mode="CARD", payment_instrument="tok_sandbox_ok")
    assert answer.status in {201, 202}, answer
    done = portal.payment_when(answer.json["payment_id"], "COMPLETED")
    assert done["channel"] == "INT"


def test_a_declined_card_fails_the_payment_and_says_so(portal: Client) -> None:
    answer = portal.pay(portal.fetch_bill("200000000702"), mode="CARD", payment_instrument="tok_sandbox_declined")
    done = portal.payment_when(answer.json["payment_id"], "FAILED")
    assert done["failure"]["code"] == "authorisation-declined"
    portal.transaction_when(done["transaction_token"], "FAILED")


def test_a_domicile_certificate_is_applied_for_paid_decided_issued_and_verified(
    platform: Platform, kiosk: Client
) -> None:
    application = domicile(kiosk)
    assert application["state"] == "FEE_DUE"
    assert pay_fee(kiosk, application).status == 201
    application_id = application["application_id"]
    application_when(kiosk, application_id, "IN_VERIFICATION")

    elsewhere = platform.client("officer-tehsildar-jodhpur")
    decision = {"decision": "approve", "remarks": "documents seen"}
    assert elsewhere.post(f"/v1/applications/{application_id}/decisions", decision).status == 404
    officer = platform.client("officer-tehsildar-jaipur")
    queue = officer.items("/v1/applications?state=IN_VERIFICATION")
    assert application_id in {application["application_id"] for application in queue}
    decided = officer.post(f"/v1/applications/{application_id}/decisions", decision)
    assert decided.status == 201, decided

    issued = kiosk.get(f"/v1/applications/{application_id}").json
    assert issued["state"] == "ISSUED"
    certificate = kiosk.get(f"/v1/certificates/{issued['certificate_id']}").json
    document = certificate["document"]

    verdict = platform.call("POST", "/v1/certificate-verifications", {"document": document})
    assert (verdict.status, verdict.json["valid"]) == (200, True), verdict
    for changed in forgeries(document):
        verdict = platform.call("POST", "/v1/certificate-verifications", {"document": changed})
        assert (verdict.status, verdict.json["valid"]) == (200, False), verdict

    kiosk.transaction_when(application["transaction_token"], "ISSUED")
    expected = {"application.submitted", "payment.completed", "application.decided", "certificate.issued"}

    def all_told() -> bool:
        """Each type comes by a queue of its own: what tells the end need not arrive last."""
        seen = kiosk.get(f"/v1/transactions/{application['transaction_token']}").json
        return {event["type"] for event in seen["events"]} >= expected

    eventually(all_told, what="every event is in the view")


def forgeries(document: str) -> list[str]:
    """The document with one byte of its statement, its header or its signature changed."""
    head, body, signature = document.split(".")
    text = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)).replace(b"Sandbox", b"Sandbor", 1)
    forged = base64.urlsafe_b64encode(text).rstrip(b"=").decode()
    assert forged != body
    flipped = ("A" if signature[10] != "A" else "B").join([signature[:10], signature[11:]])
    return [f"{head}.{forged}.{signature}", f"{head}.{body}.{flipped}", f"{body}.{head}.{signature}", "rubbish"]


def test_a_rejected_application_issues_nothing(platform: Platform, kiosk: Client) -> None:
    application = domicile(kiosk)
    pay_fee(kiosk, application)
    application_when(kiosk, application["application_id"], "IN_VERIFICATION")
    officer = platform.client("officer-tehsildar-jaipur")
    path = f"/v1/applications/{application['application_id']}/decisions"
    assert officer.post(path, {"decision": "reject", "remarks": "not resident"}).status == 201
    again = officer.post(path, {"decision": "approve", "remarks": "second thoughts"})
    assert (again.status, again.json["code"]) == (409, "already-decided")
    rejected = kiosk.get(f"/v1/applications/{application['application_id']}").json
    assert rejected["state"] == "REJECTED"
    assert not rejected.get("certificate_id")


@pytest.mark.parametrize("consumer", ["100000000009", "100000000010"])
def test_out_of_order_callbacks_and_garbled_answers_end_paid_once(kiosk: Client, consumer: str) -> None:
    answer = kiosk.pay(kiosk.fetch_bill(consumer))
    assert answer.status in {201, 202}, answer
    kiosk.payment_when(answer.json["payment_id"], "COMPLETED", 30)
