"""What of an address a log line may tell."""

import pytest

from servicekit.ids import ids_in, public_id, transaction_token

PAYMENT, FILE = public_id("pay"), public_id("att")


@pytest.mark.parametrize(
    ("address", "ids"),
    [
        (f"/v1/payments/{PAYMENT}", [PAYMENT]),
        (f"https://api.example/v1/applications/{PAYMENT}/attachments/{FILE}?x=1", [PAYMENT, FILE]),
        ("/v1/wallets/ksk_RJ10200001", ["ksk_RJ10200001"]),
        ("/v1/people/9876543210", []),
        ("/v1/people/mob_9876543210", []),
        (f"/v1/transactions/{transaction_token()}", []),
        (f"/v1/payments/X{PAYMENT}", []),
        (f"/v1/payments/{PAYMENT}00", []),
        (f"/v1/payments?of={PAYMENT}", []),
        ("", []),
    ],
)
def test_ids_of_ours_are_told_and_nothing_else(address: str, ids: list[str]) -> None:
    assert ids_in(address) == ids
