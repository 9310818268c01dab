"""The billers and orders that come with the service, as tests know them."""

from datetime import date

from billing.adapters.data.catalogue import load_billers, load_orders

FEES = load_orders()
BILLERS = load_billers(FEES, date(2026, 11, 23), sandbox=True)
