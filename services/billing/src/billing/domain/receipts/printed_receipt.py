"""What the paper of a receipt says, line by line, in both languages."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from billing.domain.calendar import IST
from billing.domain.money import rupees
from billing.domain.payments.payment import Payment
from billing.domain.receipts.copies import Copy, Mark
from billing.domain.tariff.billers import Biller
from billing.domain.timeline.chain import instant_text

# The version of the form of what a QR holds: paper is kept for years.
FORM = 1
# For how long the PDF of a copy can be fetched again, by whose connection was lost: later the paper is another copy.
COPY_LASTS = timedelta(minutes=15)


@dataclass(frozen=True)
class Words:
    """A text in both languages; twice the same where it is printed as it is."""

    en: str
    hi: str


@dataclass(frozen=True)
class Line:
    """A fact and what it is."""

    label: Words
    value: Words


@dataclass(frozen=True, kw_only=True)
class PrintedReceipt:
    """The paper. `charged` are the amounts, the legal fee among them, and `record` the rest; `test` is of the sandbox.

    `mark` stands in large letters at the top, and on a duplicate across the paper too (`is_duplicate`).
    """

    number: str
    mark: Words
    copy: Words
    is_duplicate: bool
    charged: tuple[Line, ...]
    record: tuple[Line, ...]
    notice: Words
    refunded: Words | None
    issued_at: datetime
    test: bool


GOVERNMENT = Words("Government of Rajasthan", "राजस्थान सरकार")
TITLE = Words("e-Mitra receipt", "ई-मित्र रसीद")
TEST = Words("TEST: this paper proves nothing", "परीक्षण: यह काग़ज़ किसी बात का प्रमाण नहीं है")
COLUMNS = (Words("Particular", "विवरण"), Words("Entry", "प्रविष्टि"))
QR_SAYS = Words("QR with the signed facts of this receipt", "इस रसीद के हस्ताक्षरित तथ्यों का क्यूआर")
TO_CHECK = Words(
    "Anybody may check this receipt: by the QR, or by its number and the last characters of the account.",
    "यह रसीद कोई भी जाँच सकता है: क्यूआर से, या रसीद संख्या और खाते के अंतिम अक्षरों से।",
)
MARKS = {Mark.ORIGINAL: Words("ORIGINAL", "मूल प्रति"), Mark.DUPLICATE: Words("DUPLICATE", "अनुलिपि")}
_NOTICE = Words(
    "The legal fee is {}. Nobody may ask more; if more was asked, report it with the number of this receipt.",
    "वैध शुल्क {} है। इससे अधिक कोई नहीं माँग सकता; अधिक माँगा गया हो तो इस रसीद की संख्या के साथ शिकायत करें।",
)


def notice_of(payment: Payment) -> Words:
    """What the citizen may hold against whoever asks more."""
    fee = rupees(payment.service_charge_paise)
    return Words(_NOTICE.en.format(fee), _NOTICE.hi.format(fee))


def printed_receipt(
    payment: Payment, copy: Copy, biller: Biller | None, account_ends_with: str, *, test: bool
) -> PrintedReceipt:
    """The paper of one copy of a completed payment's receipt. A biller may have been withdrawn since."""
    receipt = payment.receipt
    assert receipt is not None, f"{payment.payment_id} has no receipt"
    name = Words(biller.name, biller.name_hi) if biller else _as_is(payment.biller_id)
    series = copy.series
    record = (
        Line(Words("Receipt number", "रसीद संख्या"), _as_is(receipt.number)),
        Line(Words("Paid to", "किसे भुगतान"), name),
        Line(Words("Account ends with", "खाते के अंतिम अक्षर"), _as_is(account_ends_with)),
        Line(Words("Biller's reference", "बिलर का संदर्भ"), _as_is(payment.biller_reference or "-")),
        Line(Words("Money tendered", "राशि जमा"), _as_is(_clock(payment.created_at))),
        Line(Words("Paid", "भुगतान हुआ"), _as_is(_clock(receipt.issued_at))),
        Line(Words("Mode", "माध्यम"), _as_is(payment.mode)),
        *((Line(Words("Centre", "केंद्र"), _as_is(payment.kiosk_id)),) if payment.kiosk_id else ()),
        *(
            (Line(Words("Number of the day", "दिन की क्रम संख्या"), _as_is(f"{series.day}/{copy.serial}")),)
            if series
            else ()
        ),
        Line(Words("Transaction", "लेन-देन"), _as_is(payment.transaction_token)),
    )
    charged = (
        Line(Words("Bill", "बिल"), _as_is(rupees(payment.bill_paise))),
        Line(Words("Legal fee of the centre", "केंद्र का वैध शुल्क"), _as_is(rupees(payment.service_charge_paise))),
        Line(Words("Total", "कुल"), _as_is(rupees(payment.total_paise))),
        Line(Words("Order of the fee", "शुल्क का आदेश"), Words(payment.fee_order, payment.fee_order_hi)),
    )
    back = rupees(payment.refunded_paise)
    printed = _clock(copy.printed_at)
    return PrintedReceipt(
        number=receipt.number,
        mark=MARKS[copy.mark],
        copy=Words(f"Copy {copy.number}, printed {printed}", f"प्रति {copy.number}, मुद्रित {printed}"),
        is_duplicate=copy.mark is Mark.DUPLICATE,
        charged=charged,
        record=record,
        notice=notice_of(payment),
        refunded=Words(f"{back} went back since", f"इसमें से {back} वापस हो चुके हैं") if payment.refunded_paise else None,
        issued_at=copy.printed_at,
        test=test,
    )


def signed_facts(payment: Payment, account_ends_with: str) -> dict[str, str | int | None]:
    """What the QR holds, signed: no more than is on the paper, so that the paper is checked without a connection."""
    assert payment.receipt is not None
    return {
        "form": FORM,
        "receipt_number": payment.receipt.number,
        "issued_at": instant_text(payment.receipt.issued_at),
        "biller_id": payment.biller_id,
        "account_ends_with": account_ends_with,
        "kiosk_id": payment.kiosk_id,
        "bill_paise": payment.bill_paise,
        "legal_fee_paise": payment.service_charge_paise,
    }


def _clock(at: datetime) -> str:
    return at.astimezone(IST).strftime("%d-%m-%Y %H:%M:%S IST")


def _as_is(text: str) -> Words:
    return Words(text, text)
