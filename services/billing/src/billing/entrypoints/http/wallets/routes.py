"""The route of wallets."""

from typing import Any

from billing.application.wallets.errors import WalletNotOpen
from billing.bootstrap import Billing
from billing.entrypoints.http.blueprints import payments
from billing.entrypoints.http.wallets import schemas, views
from servicekit.http import COUNTER, Role, application, caller


@payments.route("/v1/wallet")
@payments.requires("wallet:read", roles=[Role.MACHINE, *COUNTER])
@payments.raises(WalletNotOpen)
@payments.response(200, schemas.WalletShownSchema)
def get_wallet() -> dict[str, Any]:
    """The wallet of the caller's centre.

    `available` may go below zero, as far as `credit_limit` lets it.
    """
    kiosk_id = caller().kiosk_id
    wallet = application(Billing).wallets.wallet(kiosk_id) if kiosk_id else None
    if wallet is None:
        raise WalletNotOpen("The caller has no wallet: it is no centre, or the centre is not approved yet.")
    return views.wallet_view(wallet)
