"""The routes, by area. Each loads, builds a command (ids and time are minted there), calls and dumps."""

from billing.bootstrap import Billing
from billing.entrypoints.http import blueprints

# Importing an area hangs its routes on the blueprints, in the order of the documentation.
from billing.entrypoints.http.bills import routes as _bills  # noqa: F401
from billing.entrypoints.http.breaks import routes as _breaks  # noqa: F401
from billing.entrypoints.http.commission import routes as _commission  # noqa: F401
from billing.entrypoints.http.disputes import routes as _disputes  # noqa: F401
from billing.entrypoints.http.doubts import routes as _doubts  # noqa: F401
from billing.entrypoints.http.payments import routes as _payments  # noqa: F401
from billing.entrypoints.http.receipts import routes as _receipts  # noqa: F401
from billing.entrypoints.http.refunds import routes as _refunds  # noqa: F401
from billing.entrypoints.http.settlements import routes as _settlements  # noqa: F401
from billing.entrypoints.http.tariff import routes as _tariff  # noqa: F401
from billing.entrypoints.http.tenders import routes as _tenders  # noqa: F401
from billing.entrypoints.http.timeline import routes as _timeline  # noqa: F401
from billing.entrypoints.http.top_ups import routes as _top_ups  # noqa: F401
from billing.entrypoints.http.wallets import routes as _wallets  # noqa: F401
from servicekit.personal import own_part

BLUEPRINTS = [
    blueprints.billers, blueprints.tariff, blueprints.payments, own_part("billing", Billing), blueprints.internal,
]  # fmt: skip
