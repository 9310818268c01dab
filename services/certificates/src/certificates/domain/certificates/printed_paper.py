"""What the paper of a certificate says, line by line, in both languages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from certificates.domain.certificates.certificate import END_REASONS, Certificate, Status
from certificates.domain.label import Label
from certificates.domain.sla.calendar import civil_date
from certificates.domain.types.application_type import ApplicationType, Template
from certificates.domain.types.form import FieldKind, FormField

_MONTHS = (
    Label("January", "जनवरी"),
    Label("February", "फ़रवरी"),
    Label("March", "मार्च"),
    Label("April", "अप्रैल"),
    Label("May", "मई"),
    Label("June", "जून"),
    Label("July", "जुलाई"),
    Label("August", "अगस्त"),
    Label("September", "सितंबर"),
    Label("October", "अक्तूबर"),
    Label("November", "नवंबर"),
    Label("December", "दिसंबर"),
)

# The words of a layout that are the same for every type of it.
OPENINGS = {
    Template.CERTIFICATE: Label(
        "It is certified that the facts below were verified.",
        "प्रमाणित किया जाता है कि नीचे दिए गए तथ्य सत्यापित किए गए हैं।",
    ),
    Template.EXTRACT: Label(
        "Extract of the register: the entry as it stands there.",
        "रजिस्टर का उद्धरण: प्रविष्टि जैसी रजिस्टर में है।",
    ),
    Template.REGISTRATION: Label(
        "It is certified that the facts below were registered.",
        "प्रमाणित किया जाता है कि नीचे दिए गए तथ्य पंजीकृत किए गए हैं।",
    ),
}
GOVERNMENT = Label("Government of Rajasthan", "राजस्थान सरकार")
# What stands above the two columns; a screen reader says it with each cell.
COLUMNS = (Label("Particular", "विवरण"), Label("Entry", "प्रविष्टि"))
TEST = Label("TEST: this paper proves nothing", "परीक्षण: यह काग़ज़ किसी बात का प्रमाण नहीं है")
QR_SAYS = Label("QR with the signed facts of this paper", "इस काग़ज़ के हस्ताक्षरित तथ्यों का क्यूआर")
TO_VERIFY = Label(
    "Whether this paper is valid: have the QR read at e-Mitra's own page of verification, or write the number and the "
    "day of issue there.",
    "यह काग़ज़ मान्य है या नहीं: ई-मित्र के सत्यापन पृष्ठ पर क्यूआर पढ़वाएँ, या वहाँ संख्या और जारी करने की तिथि लिखें।",
)
FOR_EVER = Label("Without a last day", "कोई अंतिम तिथि नहीं")


REVOKED = Label("REVOKED", "निरस्त")
SUPERSEDED = Label("SUPERSEDED", "प्रतिस्थापित")


@dataclass(frozen=True)
class End:
    """What an ended certificate's paper says across the page, and above it."""

    mark: Label
    says: Label


@dataclass(frozen=True)
class Line:
    """A fact and what it is; `value` has twice the same where it is printed as somebody wrote it."""

    label: Label
    value: Label


@dataclass(frozen=True, kw_only=True)
class PrintedPaper:
    """The paper: `facts` are the form's, `record` says what the document is. `test` is of the sandbox.

    `end` is there of a certificate that was revoked, or in whose place there is another one.
    """

    title: Label
    opening: Label
    number: str
    facts: tuple[Line, ...]
    record: tuple[Line, ...]
    signed_by: Label
    issued_at: datetime
    test: bool
    end: End | None = None


def end_of(certificate: Certificate) -> End | None:
    """How the certificate ended, if it did; that it has expired its last day says."""
    if certificate.status is Status.VALID:
        return None
    ending = certificate.ending
    if ending is None:  # revoked before November 2026: nobody recorded why
        return End(REVOKED, Label("This certificate was revoked.", "यह प्रमाण पत्र निरस्त है।"))
    day, why = _day(civil_date(ending.at).isoformat()), END_REASONS[ending.reason]
    if certificate.superseded:
        number = ending.successor_number
        return End(
            SUPERSEDED,
            Label(
                f"Since {day.en} the certificate {number} stands in its place.",
                f"{day.hi} से इसके स्थान पर प्रमाण पत्र {number} मान्य है।",
            ),
        )
    return End(REVOKED, Label(f"Revoked on {day.en}: {why.en}.", f"{day.hi} को निरस्त: {why.hi}।"))


def printed_paper(
    content: Mapping[str, Any], application_type: ApplicationType, issued_at: datetime, end: End | None = None
) -> PrintedPaper:
    """The paper of a signed document; `content` is that of `certificate.paper`.

    The facts are the document's alone; of the type's file come what they are called, and the law. `end` is that of
    `end_of`.
    """
    signed_by = Label(**content["signed_by"])
    valid_until = content["valid_until"]
    return PrintedPaper(
        title=Label(**content["title"]),
        opening=OPENINGS[application_type.template],
        number=content["number"],
        facts=tuple(_facts(content["holder"], application_type.form)),
        record=(
            Line(Label("Certificate number", "प्रमाण पत्र संख्या"), _as_written(content["number"])),
            Line(Label("District", "जिला"), Label(content["district"]["en"], content["district"]["hi"])),
            Line(Label("Issued on", "जारी करने की तिथि"), _day(content["issued_on"])),
            Line(Label("Valid until", "कब तक मान्य"), _day(valid_until) if valid_until else FOR_EVER),
            *(Line(Label("In place of", "इसके स्थान पर"), _as_written(old)) for old in _old(content)),
            Line(Label("Law", "विधिक आधार"), application_type.legal_basis),
            Line(Label("Signed by", "हस्ताक्षरकर्ता"), signed_by),
            Line(Label("Document", "दस्तावेज़"), _as_written(content["uri"])),
        ),
        signed_by=signed_by,
        issued_at=issued_at,
        test=content.get("test") is True,
        end=end,
    )


def _old(content: Mapping[str, Any]) -> list[str]:
    return [str(content["supersedes"])] if "supersedes" in content else []


def _facts(holder: Mapping[str, Any], form: tuple[FormField, ...]) -> list[Line]:
    """In the order of the form. A field that the type's file has no more is printed under its name."""
    known = {field.name: field for field in form}
    lines = [Line(field.label, _value(field, holder[field.name])) for field in form if field.name in holder]
    return lines + [Line(_as_written(name), _as_written(str(holder[name]))) for name in holder if name not in known]


def _value(field: FormField, value: str | int) -> Label:
    if field.kind is FieldKind.DATE:
        return _day(str(value))
    chosen = [choice.label for choice in field.choices if choice.code == value]
    return chosen[0] if chosen else _as_written(str(value))


def _day(iso: str) -> Label:
    """`15 August 1990`: in figures alone, day and month are taken for one another."""
    day = date.fromisoformat(iso)
    month = _MONTHS[day.month - 1]
    return Label(f"{day.day} {month.en} {day.year}", f"{day.day} {month.hi} {day.year}")


def _as_written(text: str) -> Label:
    return Label(text, text)
