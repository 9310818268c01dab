"""Both journeys with the package `emitra_generated` that openapi-generator made: no line of it is changed.

GATEWAY_URL, and KIOSK and OFFICER as `client id:secret`, come from the environment.
"""

import os
import time
import uuid
from typing import Any

from emitra_generated import (
    ApiClient,
    BillersApi,
    BillFetchRequest,
    CertificatesApi,
    Configuration,
    Decision,
    IdentityApi,
    PaymentRequest,
    PaymentsApi,
    Submit,
    TransactionsApi,
    VerificationRequest,
)
from emitra_generated.exceptions import NotFoundException

GATEWAY_URL = os.environ["GATEWAY_URL"]
PATIENCE_SECONDS = 20

anybody = ApiClient(Configuration(host=GATEWAY_URL))


def signed_in(client: str) -> Any:
    client_id, _, secret = os.environ[client].partition(":")
    token = IdentityApi(anybody).issue_token(grant_type="client_credentials", client_id=client_id, client_secret=secret)
    return ApiClient(Configuration(host=GATEWAY_URL, access_token=token.access_token))


def key() -> str:
    return str(uuid.uuid4())


def eventually(look: Any) -> Any:
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while not (seen := look()):
        assert time.monotonic() < give_up_at, f"not within {PATIENCE_SECONDS} s"
        time.sleep(0.1)
    return seen


def refusal_of(act: Any) -> Any:
    """The code of the problem that the call was refused with; None when it was not."""
    try:
        act()
    except NotFoundException as error:
        return error.data.code
    return None


def pay(kiosk: Any, bill: Any) -> Any:
    body = PaymentRequest(bill_id=bill.bill_id, amount=bill.amount, mode="WALLET")
    payment = PaymentsApi(kiosk).create_payment(idempotency_key=key(), payment_request=body)
    assert payment.status == "COMPLETED"
    return payment


def pay_a_bill(kiosk: Any) -> None:
    payments = PaymentsApi(kiosk)
    billers = BillersApi(kiosk).list_billers(category="ELECTRICITY")
    biller = next(biller for biller in billers.items if biller.biller_id == "JVVNL")
    params = {biller.customer_params[0].name: "200000000712"}
    body = BillFetchRequest(biller_id=biller.biller_id, customer_params=params)
    fetched = payments.fetch_bills(idempotency_key=key(), bill_fetch_request=body)
    payment = pay(kiosk, fetched.bills[0])
    receipt = payments.get_receipt(payment.payment_id)
    assert receipt == payment.receipt
    assert receipt.total.amount == fetched.bills[0].total.amount
    followed = TransactionsApi(kiosk).get_transaction(payment.transaction_token)
    assert followed.reference_id == payment.payment_id
    assert refusal_of(lambda: payments.get_payment("pay_nothing")) == "payment-not-found"


def get_a_certificate(kiosk: Any, officer: Any) -> None:
    certificates = CertificatesApi(kiosk)
    described = certificates.get_application_type("domicile")
    samples = {"date": "1990-04-01", "text": "Sandbox"}
    hindi = {"name_hi": "सैंडबॉक्स"}
    asked = [field for field in described.form.fields if field.required]
    form = {field.name: hindi.get(field.name, samples.get(field.type)) for field in asked}
    body = Submit(application_type="domicile", district_code="102", applicant=form)
    application = certificates.submit_application(idempotency_key=key(), submit=body)
    application_id = application.application_id
    fee = BillFetchRequest(**application.fee.pay_with.to_dict())

    def demand() -> Any:
        """Billing hears of the fee by an event; until then it answers with a problem."""
        try:
            return PaymentsApi(kiosk).fetch_bills(idempotency_key=key(), bill_fetch_request=fee).bills[0]
        except NotFoundException:
            return None

    pay(kiosk, eventually(demand))
    eventually(lambda: certificates.get_application(application_id).state == "IN_VERIFICATION")
    decided = CertificatesApi(officer).decide_application(
        application_id=application_id,
        idempotency_key=key(),
        decision=Decision(decision="approve", remarks="Documents seen."),
    )
    assert decided.state == "ISSUED"
    certificate = certificates.get_certificate(decided.certificate_id)
    verdict = CertificatesApi(anybody).verify_certificate(VerificationRequest(document=certificate.document))
    assert (verdict.valid, verdict.reason) == (True, None)
    assert verdict.certificate.certificate_number == certificate.certificate_number


if __name__ == "__main__":
    at_the_counter = signed_in("KIOSK")
    pay_a_bill(at_the_counter)
    get_a_certificate(at_the_counter, signed_in("OFFICER"))
