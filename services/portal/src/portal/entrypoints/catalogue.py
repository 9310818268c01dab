"""What can be done at a centre: found by its name, and a page for each."""

from flask import Response, request

from portal.application.ports import Answer, Platform
from portal.application.read_catalogue import APPLICATION_FEE, CatalogueReader
from portal.bootstrap import Portal
from portal.entrypoints.frame import SPOKEN, page
from servicekit.errors import NotFound
from servicekit.http import Blueprint, application

# Longer questions are cut: nobody types them.
LONGEST_QUESTION = 200

blueprint = Blueprint("catalogue")


@blueprint.route(f"{SPOKEN}/services")
@blueprint.public("a page for everybody", documented=False)
def list_services() -> Response:
    """Everything, or what fits a question in anybody's words."""
    question = request.args.get("q", "")[:LONGEST_QUESTION].strip()
    reader = CatalogueReader(application(Portal).platform)
    hits = reader.search(question) if question else []
    return page("services.html", kept=True, question=question, hits=hits, entries=reader.entries())


@blueprint.route(f"{SPOKEN}/services/<code>")
@blueprint.public("a page for everybody", documented=False)
def show_certificate(code: str) -> Response:
    """What one certificate costs and takes."""
    platform = application(Portal).platform
    certificate = platform.application_type(code)
    if certificate is None:
        raise NotFound("There is no certificate of this name.")
    return page(
        "certificate.html",
        kept=True,
        certificate=certificate,
        service_charge_today=_service_charge(platform, APPLICATION_FEE),
    )


@blueprint.route(f"{SPOKEN}/bills/<code>")
@blueprint.public("a page for everybody", documented=False)
def show_bill(code: str) -> Response:
    """What paying one biller takes."""
    platform = application(Portal).platform
    entries = CatalogueReader(platform).entries()
    biller = next((entry.answer for entry in entries if (entry.kind, entry.code) == ("bill", code)), None)
    if biller is None:
        raise NotFound("There is no biller of this name.")
    return page(
        "bill.html", kept=True, biller=biller, service_charge_today=_service_charge(platform, biller["category"])
    )


def _service_charge(platform: Platform, category: str) -> Answer | None:
    """What is paid beside a bill of this kind; None where no order that the platform holds sets it."""
    items = platform.service_charges()["items"]
    return next((item["charge"] for item in items if item["category"] == category), None)
