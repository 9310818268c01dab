"""Whether a certificate is one: by its number and day of issue, its PDF, a picture of its QR, or a signed text.

Trust comes from the services' keys. Nothing that stands in a text or a QR is opened.
"""

from contextlib import closing
from datetime import date
from typing import Any, NamedTuple

from flask import Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from portal.application.ports import Answer, Unreadable
from portal.bootstrap import Portal
from portal.entrypoints.frame import N_, SPOKEN, page
from servicekit.http import Blueprint, application
from servicekit.text import without_white_space

# Of POST /v1/certificate-text-verifications, …-number-verifications and …-pdf-verifications.
LONGEST_TEXT = 16_384
LONGEST_NUMBER = 64
MOST_PDF_BYTES = 1024 * 1024
# Photos of common phones are smaller; the pages say so in megabytes.
MOST_UPLOADED_BYTES = 8 * 1024 * 1024
# No certificate is older: an earlier year is a mistake in writing, such as 26 for 2026.
EARLIEST_YEAR = 1900


class Meaning(NamedTuple):
    """What an answer is called and what to do."""

    name: str
    advice: str


VALID = Meaning(
    N_("This certificate is valid"),
    N_("We issued it and it is in force. Compare what is below with the paper: only what stands here is certain."),
)
# By `reason` of the answer.
REASONS = {
    "not-a-certificate": Meaning(
        N_("This is something else, not a certificate"),
        N_(
            "If you pasted a text, copy the whole of it once more, from its first letter to its last. If the QR is "
            "from a certificate's paper, do not rely on it: verify the certificate by its number."
        ),
    ),
    "link": Meaning(
        N_("This is a link, not a certificate"),
        N_(
            "We did not open it, and you should not either: forged papers lead to forged pages that say what they "
            "like. Verify the certificate by its number."
        ),
    ),
    "signature-invalid": Meaning(
        N_("This is forged, or somebody changed it"),
        N_("Do not accept it. If you copied a text, copy it once more: one wrong letter is enough."),
    ),
    "unknown-key": Meaning(
        N_("We did not sign this"),
        N_("Somebody else did, or it is signed with a key that is trusted no longer. Do not accept it."),
    ),
    "unknown-number": Meaning(
        N_("There is no such certificate"),
        N_(
            "Compare the number and the day of issue with the paper, letter by letter. If both are right, do not "
            "accept it."
        ),
    ),
    "revoked": Meaning(
        N_("This certificate was withdrawn"),
        N_("It was ours once and is in force no longer. Do not accept it."),
    ),
    "superseded": Meaning(
        N_("Another certificate stands in its place"),
        N_("It was corrected, and what it says is in force no longer. Ask for the new one."),
    ),
    "expired": Meaning(
        N_("This certificate has expired"),
        N_("It was valid and its time is over. Its holder can apply for a new one."),
    ),
    "clock": Meaning(
        N_("A clock is wrong"),
        N_(
            "The certificate bears a day that has not come yet. It may be genuine. Verify it again tomorrow; if the "
            "answer is the same, tell the people at an e-Mitra centre."
        ),
    ),
}
# A reason that came after this page was written.
OTHER = Meaning(N_("This certificate is not valid"), N_("Do not accept it."))

blueprint = Blueprint("verify")


@blueprint.route(f"{SPOKEN}/verify")
@blueprint.public("a page for everybody", documented=False)
def ask_for_certificate() -> Response:
    """The four forms."""
    return _forms()


@blueprint.route(f"{SPOKEN}/verify", methods=["POST"])
@blueprint.public("a page for everybody", documented=False)
@blueprint.repeatable("a question: nothing is kept")
@blueprint.reads_up_to(MOST_UPLOADED_BYTES)
def show_verification() -> Response:
    """What is known of it. Nothing is kept, here or there."""
    if "picture" in request.files:
        return _by_picture(_uploaded("picture"))
    if "pdf" in request.files:
        return _by_pdf(_uploaded("pdf"))
    if "number" in request.form:
        return _by_number(request.form["number"].strip()[:LONGEST_NUMBER])
    # Programs that show a text break it into lines; a signed one has no white space of its own.
    text = without_white_space(request.form.get("text", ""))
    if not text or len(text) > LONGEST_TEXT:
        return _forms("text-long" if text else "text-empty")
    return _verdict(application(Portal).platform.verification_of_text(text))


def _uploaded(name: str) -> bytes:
    with closing(request.files[name]) as upload:  # a large one is a file of its own until it is closed
        return upload.stream.read()


@blueprint.errorhandler(RequestEntityTooLarge)
def refuse_large_upload(_: RequestEntityTooLarge) -> Response:
    """At its field, as everything else that is wrong with a picture."""
    return _forms("picture-large")


def _by_number(number: str) -> Response:
    written = {name: request.form.get(name, "")[:4] for name in ("day", "month", "year")}
    issued_on = _day(**written)
    if not number or issued_on is None:
        return _forms("day-wrong" if number else "number-empty", number=number, **written)
    answer = application(Portal).platform.verification_of_number(number, issued_on)
    return _forms("number-wrong", number=number, **written) if answer is None else _verdict(answer)


def _by_pdf(pdf: bytes) -> Response:
    if not pdf or len(pdf) > MOST_PDF_BYTES:
        return _forms("pdf-large" if pdf else "pdf-empty")
    return _verdict(application(Portal).platform.verification_of_pdf(pdf))


def _by_picture(picture: bytes) -> Response:
    if not picture:
        return _forms("picture-empty")
    texts = application(Portal).qr_pictures.texts(picture)
    if isinstance(texts, Unreadable):
        return _forms(texts.value)
    # A signed text begins so; papers and tables have other QRs on them too.
    signed = [text for text in texts if text.startswith("eyJ")] or [text for text in texts if without_white_space(text)]
    if len(signed) != 1:
        return _forms("several-codes" if signed else "no-code")
    return _verdict(application(Portal).platform.verification_of_text(signed[0]))


def _day(day: str, month: str, year: str) -> date | None:
    try:
        written = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return written if written.year >= EARLIEST_YEAR else None


def _forms(problem: str | None = None, **written: str) -> Response:
    """The forms, with what is wrong in one of them and what was written there; a text is not shown again."""
    shown = {"number": "", "day": "", "month": "", "year": "", **written}
    return page("verify.html", status=422 if problem else 200, kept=not problem, problem=problem, written=shown)


def _verdict(answer: Answer) -> Response:
    platform = application(Portal).platform
    certificate: Any = answer["certificate"]
    titles, districts = {}, {}
    if certificate is not None:
        titles = {known["application_type"]: known["title"] for known in platform.application_types()}
        districts = {known["district_code"]: known for known in platform.districts()}
    return page(
        "verification.html",
        valid=answer["valid"],
        superseded_by=answer.get("superseded_by"),
        meaning=VALID if answer["valid"] else REASONS.get(answer["reason"], OTHER),
        certificate=certificate,
        title=certificate and titles.get(certificate["application_type"]),
        district=certificate and districts.get(certificate["district_code"]),
    )
