"""Whether a certificate is one: by its signed text, pasted. Trust comes from our keys, never from an address in it."""

from flask import Response, request

from portal.bootstrap import Portal
from portal.entrypoints.frame import N_, SPOKEN, page
from portal.entrypoints.track import Meaning
from servicekit.http import Blueprint, application

# Of POST /v1/certificate-verifications.
LONGEST_DOCUMENT = 16_384

VALID = Meaning(
    N_("This certificate is valid"),
    N_("We signed it, nobody has changed it, and it is in force. Compare what is below with what you were shown."),
)
# By `reason` of the answer.
REASONS = {
    "not-a-certificate": Meaning(
        N_("This is not the text of a certificate"),
        N_("Copy the whole signed text once more, from its first letter to its last, and paste it again."),
    ),
    "signature-invalid": Meaning(
        N_("This is not a certificate of ours, or somebody changed it"),
        N_("Do not accept it. Ask its holder for the text once more, as it came from the centre."),
    ),
    "unknown-number": Meaning(
        N_("No certificate has this number"),
        N_("Do not accept it."),
    ),
    "revoked": Meaning(
        N_("This certificate was withdrawn"),
        N_("It was ours once and is in force no longer. Do not accept it."),
    ),
    "expired": Meaning(
        N_("This certificate has expired"),
        N_("It was valid and its time is over. Its holder can apply for a new one."),
    ),
}
# A reason that came after this page was written.
OTHER = Meaning(N_("This certificate is not valid"), N_("Do not accept it."))

blueprint = Blueprint("verify")


@blueprint.route(f"{SPOKEN}/verify")
@blueprint.public("a page for everybody", documented=False)
def ask_for_document() -> Response:
    """The form."""
    return page("verify.html", kept=True, problem=None)


@blueprint.route(f"{SPOKEN}/verify", methods=["POST"])
@blueprint.public("a page for everybody", documented=False)
@blueprint.repeatable("a question: nothing is kept")
def show_verification() -> Response:
    """What is known of it. Nothing is kept, here or there."""
    # Programs that show a text break it into lines; a signed one has no white space of its own.
    document = "".join(request.form.get("document", "").split())
    if not document or len(document) > LONGEST_DOCUMENT:
        return page("verify.html", status=422, problem="long" if document else "empty")
    platform = application(Portal).platform
    answer = platform.verification(document)
    certificate = answer.get("certificate")
    titles, districts = {}, {}
    if certificate is not None:
        titles = {known["application_type"]: known["title"] for known in platform.application_types()}
        districts = {known["district_code"]: known for known in platform.districts()}
    return page(
        "verification.html",
        valid=answer["valid"],
        meaning=VALID if answer["valid"] else REASONS.get(answer["reason"], OTHER),
        certificate=certificate,
        title=certificate and titles.get(certificate["application_type"]),
        district=certificate and districts.get(certificate["district_code"]),
    )
