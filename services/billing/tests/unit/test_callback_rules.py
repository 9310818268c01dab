"""Who may ring a biller's doorbell, and for which payment."""

import pytest
from tests.support.builders import NOW, a_payment
from tests.support.fakes import FakePayments
from tests.support.sentences import is_sentence

from billing.application.payments.accept_callback import AcceptCallback, AcceptCallbackHandler, signature_of
from billing.application.payments.errors import SignatureNotValid

SECRET = "agreed"
BODY = '{"status":"सफल"}'.encode()
# By `openssl dgst -sha256 -hmac agreed`, not by the code that is tested.
SIGNATURE = "49a636eb820421fffbb4c2fd02e6aa20dc75a308e24bf57d7cb4295b995fcf59"


@pytest.fixture
def payments() -> FakePayments:
    return FakePayments(payments={"pay_1": a_payment()})


def ring(payments: FakePayments, post_request_id: str = "pay_1:post", signature: str = SIGNATURE) -> bool:
    """Whether the payment is then looked at at once."""
    AcceptCallbackHandler(payments, SECRET)(AcceptCallback(BODY, signature, post_request_id, NOW))
    return payments.payments["pay_1"].resume_at == NOW


def test_a_callback_is_signed_with_the_hmac_of_its_bytes_under_the_agreed_secret(payments: FakePayments) -> None:
    assert signature_of(BODY, SECRET) == SIGNATURE
    assert ring(payments)


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "é",
        SIGNATURE.upper(),
        SIGNATURE + "0",
        SIGNATURE[:-1],
        signature_of(BODY + b" ", SECRET),
        signature_of(BODY, "Agreed"),
    ],
)
@pytest.mark.parametrize("post_request_id", ["pay_1:post", "something-else"])
def test_any_other_signature_is_refused_whatever_the_callback_is_about(
    payments: FakePayments, signature: str, post_request_id: str
) -> None:
    with pytest.raises(SignatureNotValid) as refused:
        ring(payments, post_request_id, signature)

    assert is_sentence(refused.value.detail)
    assert payments.payments == {"pay_1": a_payment()}


@pytest.mark.parametrize(
    "post_request_id",
    ["", "pay_1", "pay_1:", "pay_1:auth", "pay_1:POST", "pay_1:post:post", "pay_2:post", "pay_1post", ":post"],
)
def test_a_callback_about_nothing_of_ours_wakes_nobody(payments: FakePayments, post_request_id: str) -> None:
    assert not ring(payments, post_request_id)
    assert payments.payments == {"pay_1": a_payment()}
