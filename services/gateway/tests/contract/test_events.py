"""What every service promises, and what the gateway reads of each example ever released."""

import pytest

from emitra_contracts import every_example, producer
from gateway.entrypoints.service import SERVICE
from servicekit.ids import is_transaction_token
from servicekit.testing import Reading, readings
from servicekit.testing.contract import contract_of

TestContract = contract_of(SERVICE, every_example, producer)


OF_TRANSACTIONS = [
    reading
    for reading in readings(SERVICE, every_example)
    if "transaction_token" in reading.values[0].envelope["data"]  # the others say whose access was taken back
]


@pytest.mark.parametrize("reading", OF_TRANSACTIONS)
def test_each_example_has_the_token_that_it_is_followed_by(reading: Reading) -> None:
    data = reading.load()
    assert data["transaction_token"] == reading.envelope["data"]["transaction_token"]
    assert is_transaction_token(data["transaction_token"])
