"""The blueprints that the areas' routes hang on: one for each group of the documentation."""

from billing.domain.payer import Payer
from servicekit.http import COUNTER, Blueprint, Role, caller

PAYERS = frozenset({Role.CITIZEN, Role.MACHINE, *COUNTER})

billers = Blueprint("billers", description="Who can be paid, and what for.")
tariff = Blueprint("service-charges", description="What paying a bill costs beside the bill, by order.")
payments = Blueprint("payments", description="Bills fetched and paid, receipts, wallets.")
internal = Blueprint("internal", description="For the platform's own services and the biller network.")


def payer(stated_channel: str | None = None) -> Payer:
    """The caller as a payer."""
    client = caller()
    return Payer(client.client_id, client.kiosk_id, client.citizen_id, client.assistance_id, stated_channel)
