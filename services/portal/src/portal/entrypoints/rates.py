"""What things cost today, each by its order."""

from flask import Response

from portal.application.read_catalogue import APPLICATION_FEE
from portal.bootstrap import Portal
from portal.entrypoints.frame import SPOKEN, page
from servicekit.http import Blueprint, application

blueprint = Blueprint("rates")


@blueprint.route(f"{SPOKEN}/rates")
@blueprint.public("a page for everybody", documented=False)
def show_rates() -> Response:
    """The fees of all certificates, late ones included, and the service charges on bills."""
    platform = application(Portal).platform
    listed = [platform.application_type(known["application_type"]) for known in platform.application_types()]
    return page(
        "rates.html",
        kept=True,
        certificates=[certificate for certificate in listed if certificate],
        service_charges=platform.service_charges(),
        application_fee=APPLICATION_FEE,
    )
