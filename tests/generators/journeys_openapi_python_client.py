"""Both journeys with the package `emitra_generated` that openapi-python-client made: no line of it is changed.

GATEWAY_URL, and KIOSK and OFFICER as `client id:secret`, come from the environment.
"""

import os
import time
import uuid
from typing import Any

from emitra_generated import AuthenticatedClient, Client
from emitra_generated.api.billers import list_billers
from emitra_generated.api.certificates import (
    decide_application,
    get_application,
    get_application_type,
    get_certificate,
    submit_application,
    verify_certificate,
)
from emitra_generated.api.identity import issue_token
from emitra_generated.api.payments import create_payment, fetch_bills, get_payment, get_receipt
from emitra_generated.api.transactions import get_transaction
from emitra_generated.models import (
    AccessToken,
    Application,
    ApplicationState,
    BillFetchRequest,
    BillFetchRequestCustomerParams,
    BillFetchShown,
    Decision,
    DecisionDecision,
    ListBillersCategory,
    PaymentRequest,
    PaymentRequestMode,
    PaymentShown,
    PaymentShownStatus,
    Problem,
    Submit,
    SubmitApplicant,
    TokenRequest,
    VerificationRequest,
)

GATEWAY_URL = os.environ["GATEWAY_URL"]
PATIENCE_SECONDS = 20

anybody = Client(base_url=GATEWAY_URL, raise_on_unexpected_status=True)


def signed_in(client: str) -> Any:
    client_id, _, secret = os.environ[client].partition(":")
    form = TokenRequest(grant_type="client_credentials", client_id=client_id, client_secret=secret)
    token = issue_token.sync(client=anybody, body=form)
    assert isinstance(token, AccessToken), token
    return AuthenticatedClient(base_url=GATEWAY_URL, token=token.access_token, raise_on_unexpected_status=True)


def key() -> str:
    return str(uuid.uuid4())


def eventually(look: Any) -> Any:
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while not (seen := look()):
        assert time.monotonic() < give_up_at, f"not within {PATIENCE_SECONDS} s"
        time.sleep(0.1)
    return seen


def pay(kiosk: Any, bill: Any) -> Any:
    body = PaymentRequest(bill_id=bill.bill_id, amount=bill.amount, mode=PaymentRequestMode.WALLET)
    payment = create_payment.sync(client=kiosk, body=body, idempotency_key=key())
    assert isinstance(payment, PaymentShown), payment
    assert payment.status is PaymentShownStatus.COMPLETED
    return payment


def pay_a_bill(kiosk: Any) -> None:
    billers = list_billers.sync(client=kiosk, category=ListBillersCategory.ELECTRICITY)
    biller = next(biller for biller in billers.items if biller.biller_id == "JVVNL")
    params = BillFetchRequestCustomerParams.from_dict({biller.customer_params[0].name: "200000000711"})
    body = BillFetchRequest(biller_id=biller.biller_id, customer_params=params)
    fetched = fetch_bills.sync(client=kiosk, body=body, idempotency_key=key())
    payment = pay(kiosk, fetched.bills[0])
    receipt = get_receipt.sync(client=kiosk, payment_id=payment.payment_id)
    assert receipt == payment.receipt
    assert receipt.total.amount == fetched.bills[0].total.amount
    assert get_transaction.sync(client=kiosk, token=payment.transaction_token).reference_id == payment.payment_id
    problem = get_payment.sync(client=kiosk, payment_id="pay_nothing")
    assert isinstance(problem, Problem)
    assert problem.code == "payment-not-found"


def get_a_certificate(kiosk: Any, officer: Any) -> None:
    described = get_application_type.sync(client=kiosk, application_type="domicile")
    samples = {"date": "1990-04-01", "text": "Sandbox"}
    hindi = {"name_hi": "सैंडबॉक्स"}
    asked = [field for field in described.form.fields if field.required]
    form = {field.name: hindi.get(field.name, samples.get(field.type_.value)) for field in asked}
    body = Submit(application_type="domicile", district_code="102", applicant=SubmitApplicant.from_dict(form))
    application = submit_application.sync(client=kiosk, body=body, idempotency_key=key())
    assert isinstance(application, Application), application
    application_id = application.application_id
    fee = BillFetchRequest.from_dict(application.fee.pay_with.to_dict())

    def demand() -> Any:
        """Billing hears of the fee by an event; until then it answers with a problem."""
        fetched = fetch_bills.sync(client=kiosk, body=fee, idempotency_key=key())
        return fetched.bills[0] if isinstance(fetched, BillFetchShown) else None

    def in_verification() -> bool:
        read = get_application.sync(client=kiosk, application_id=application_id)
        return read.state is ApplicationState.IN_VERIFICATION

    pay(kiosk, eventually(demand))
    eventually(in_verification)
    decision = Decision(decision=DecisionDecision.APPROVE, remarks="Documents seen.")
    decided = decide_application.sync(
        client=officer, application_id=application_id, body=decision, idempotency_key=key()
    )
    assert isinstance(decided, Application), decided
    assert decided.state is ApplicationState.ISSUED
    certificate = get_certificate.sync(client=kiosk, certificate_id=decided.certificate_id)
    question = VerificationRequest(document=certificate.document)
    verdict = verify_certificate.sync(client=anybody, body=question)
    assert (verdict.valid, verdict.reason) == (True, None)
    assert verdict.certificate.certificate_number == certificate.certificate_number


if __name__ == "__main__":
    at_the_counter = signed_in("KIOSK")
    pay_a_bill(at_the_counter)
    get_a_certificate(at_the_counter, signed_in("OFFICER"))
