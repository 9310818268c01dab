"""The route of the gateway's view."""

from typing import Any

from certificates.application.applications.errors import TransactionNotFound
from certificates.bootstrap import Certificates
from certificates.entrypoints.http.blueprint import blueprint
from certificates.entrypoints.http.transactions import schemas, views
from servicekit.http import application


@blueprint.route("/v1/internal/transactions/<string:token>")
@blueprint.internal()
@blueprint.raises(TransactionNotFound)
@blueprint.response(200, schemas.TransactionSchema)
def get_transaction(token: str) -> dict[str, Any]:
    """What a transaction token stands for here.

    The gateway checks the owner.
    """
    return views.transaction(*application(Certificates).applications.transaction(token))
