"""What every service promises; the tests are the chassis'."""

from emitra_contracts import every_example, producer
from revenue_courts.entrypoints.service import SERVICE
from servicekit.testing.contract import contract_of

TestContract = contract_of(SERVICE, every_example, producer)
