"""What every service promises, and what this one reads of each example ever released."""

from collections.abc import Mapping
from typing import Any

import pytest

from certificates.entrypoints.service import SERVICE
from emitra_contracts import every_example, producer
from servicekit.testing import Reading, readings
from servicekit.testing.contract import contract_of

TestContract = contract_of(SERVICE, every_example, producer)


def examples_of_payments(event: str) -> Mapping[str, Any]:
    return every_example(event) if event.startswith("payment.") else {}


@pytest.mark.parametrize("reading", readings(SERVICE, examples_of_payments))
def test_what_an_example_says_of_its_fee_is_read(reading: Reading) -> None:
    read, data = reading.load(), reading.envelope["data"]
    assert read["application_id"] == data["application_id"]
    amount, at = ("bill", "completed_at") if "bill" in data else ("amount", "refunded_at")
    assert read[amount] == {"amount": data[amount]["amount"]}
    assert read[at].tzinfo is not None
