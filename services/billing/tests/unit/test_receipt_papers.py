"""The PDF of a receipt, read back by programs that are not ours."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pypdf
import pypdfium2
import pytest
import zxingcpp
from tests.support.builders import KIOSK, NOW, a_payment

from billing.adapters.data.catalogue import load_billers, load_orders
from billing.adapters.rendering.typst_receipts import TypstReceipts
from billing.application.receipts.ports import NotPrintable, PaperSize
from billing.domain.payments.payment import Payment
from billing.domain.receipts.copies import Copy, Series
from billing.domain.receipts.printed_receipt import PrintedReceipt, Words, printed_receipt, signed_facts

PAPERS = TypstReceipts()
# As long as a signed text is.
QR_TEXT = "eyJhbGciOiJFZERTQSJ9." + "x" * 380 + "." + "y" * 86
BILLERS = load_billers(load_orders(), NOW.date(), sandbox=True)
SIZES = {PaperSize.A4: (210, 297), PaperSize.ROLL: (80, None)}
POINTS_PER_MM = 72 / 25.4


def completed(**changes: Any) -> Payment:
    payment = replace(a_payment().posted(NOW, "BILLER-REF-1", resume_at=NOW), service_charge_paise=500)
    return replace(payment, **changes)


def a_paper(number: int = 1, **changes: Any) -> PrintedReceipt:
    payment = completed(**changes)
    copy = Copy("rcp_1", payment.payment_id, number, NOW, Series(KIOSK, NOW.date()), 17)
    return printed_receipt(payment, copy, BILLERS["JVVNL"], "0001", test=False)


def by_pypdf(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages).split())


def by_pdfium(pdf: bytes) -> str:
    texts = (page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))
    return " ".join(" ".join(texts).split())


def told(paper: PrintedReceipt) -> set[str]:
    """Each word that stands on a paper."""
    texts = [paper.mark, paper.copy, paper.notice, *([paper.refunded] if paper.refunded else [])]
    for line in (*paper.charged, *paper.record):
        texts += [line.label, line.value]
    return {word for text in texts for said in (text.en, text.hi) for word in said.split()}


@pytest.mark.parametrize("size", list(PaperSize))
@pytest.mark.parametrize("reader", [by_pypdf, by_pdfium])
def test_what_is_copied_from_a_receipt_is_what_was_written(reader: Callable[[bytes], str], size: PaperSize) -> None:
    paper = a_paper(2, refunded_paise=2_500)
    copied = reader(PAPERS(paper, QR_TEXT, size))
    # A long word may go on in the next line.
    assert [word for word in told(paper) if word not in copied and word not in copied.replace(" ", "")] == []


@pytest.mark.parametrize("size", list(PaperSize))
def test_a_receipt_prints_the_legal_fee_its_order_and_what_to_do_about_more(size: PaperSize) -> None:
    copied = by_pdfium(PAPERS(a_paper(), QR_TEXT, size))
    assert "₹5.00" in copied
    assert "वैध शुल्क ₹5.00 है।" in copied
    assert "Nobody may ask more" in copied
    assert completed().fee_order.split()[0] in copied


@pytest.mark.parametrize("size", list(PaperSize))
def test_every_copy_but_the_first_says_across_itself_that_it_is_a_duplicate(size: PaperSize) -> None:
    original, duplicate = (by_pdfium(PAPERS(a_paper(number), QR_TEXT, size)) for number in (1, 2))
    assert "ORIGINAL" in original
    assert "DUPLICATE" not in original
    assert "ORIGINAL" not in duplicate
    assert duplicate.count("DUPLICATE") == duplicate.count("अनुलिपि") == 2  # at the top, and across the page
    assert "Copy 2, printed" in duplicate


def test_what_went_back_since_is_told_so_that_the_paper_is_no_proof_of_more() -> None:
    assert "went back" not in by_pdfium(PAPERS(a_paper(), QR_TEXT, PaperSize.A4))
    assert "₹25.00 went back since" in by_pdfium(PAPERS(a_paper(refunded_paise=2_500), QR_TEXT, PaperSize.A4))


@pytest.mark.parametrize("size", list(PaperSize))
def test_a_receipt_is_one_page_of_its_paper_and_within_its_edges(size: PaperSize) -> None:
    names = Words("Ajmer Vidyut Vitran Nigam Limited " * 3, "अजमेर विद्युत वितरण निगम लिमिटेड " * 3)
    biller = replace(BILLERS["JVVNL"], name=names.en, name_hi=names.hi)
    payment = completed(biller_reference="R" * 64)
    copy = Copy("rcp_1", payment.payment_id, 999, NOW, Series(KIOSK, NOW.date()), 99_999)
    paper = printed_receipt(payment, copy, biller, "0001", test=True)
    (page,) = pypdfium2.PdfDocument(PAPERS(paper, QR_TEXT, size))
    width, height = SIZES[size]
    assert page.get_width() / POINTS_PER_MM == pytest.approx(width, abs=0.1)
    assert height is None or page.get_height() / POINTS_PER_MM == pytest.approx(height, abs=0.1)
    # The duplicate's mark lies across, behind the facts: what is darker has to be within the margins.
    picture = page.render(scale=2, grayscale=True).to_pil().point(lambda value: 255 if value < 150 else 0)
    ink = picture.getbbox()
    assert ink is not None
    margin = 3 * POINTS_PER_MM * 2
    assert ink[0] > margin
    assert ink[2] < picture.width - margin


@pytest.mark.parametrize("size", list(PaperSize))
def test_the_qr_is_read_from_a_receipt_as_a_thermal_printer_draws_it(size: PaperSize) -> None:
    (page,) = pypdfium2.PdfDocument(PAPERS(a_paper(2), QR_TEXT, size))
    picture = page.render(scale=203 / 72, grayscale=True).to_pil().point(lambda value: 255 if value > 128 else 0)
    (code,) = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode]))
    assert code.text == QR_TEXT


def test_a_receipt_is_the_same_bytes_each_time() -> None:
    assert PAPERS(a_paper(), QR_TEXT, PaperSize.A4) == TypstReceipts()(a_paper(), QR_TEXT, PaperSize.A4)
    assert PAPERS(a_paper(), QR_TEXT, PaperSize.A4) != PAPERS(a_paper(2), QR_TEXT, PaperSize.A4)


def test_what_a_biller_wrote_is_no_language_of_the_layout() -> None:
    for written in ("#panic()", "$x$*a*_b_", '\\"`@a<b>'):
        assert written in by_pdfium(PAPERS(a_paper(biller_reference=written), QR_TEXT, PaperSize.ROLL)).replace(" ", "")


def test_a_letter_that_the_font_has_not_is_told() -> None:
    with pytest.raises(NotPrintable):
        PAPERS(a_paper(biller_reference="தமிழ்"), QR_TEXT, PaperSize.A4)


def test_a_payment_of_the_portal_has_neither_centre_nor_number_of_the_day() -> None:
    payment = completed(kiosk_id=None)
    copy = Copy("rcp_1", payment.payment_id, 1, NOW, None, None)
    paper = printed_receipt(payment, copy, None, "0001", test=False)
    labels = {line.label.en for line in paper.record}
    assert not labels & {"Centre", "Number of the day"}
    assert Words("JVVNL", "JVVNL") in {line.value for line in paper.record}  # of a biller that was withdrawn: its id


def test_times_on_a_receipt_are_indias() -> None:
    late = NOW.replace(hour=18, minute=30, second=0)
    payment = replace(completed(), created_at=late - timedelta(seconds=1))
    copy = Copy("rcp_1", payment.payment_id, 1, late, None, None)
    paper = printed_receipt(payment, copy, None, "0001", test=False)
    tomorrow = NOW.date() + timedelta(days=1)
    assert tomorrow.strftime("%d-%m-%Y") + " 00:00:00 IST" in paper.copy.en
    values = {line.label.en: line.value.en for line in paper.record}
    assert values["Money tendered"] == f"{date.strftime(NOW.date(), '%d-%m-%Y')} 23:59:59 IST"


def test_the_qr_says_no_more_than_the_paper() -> None:
    facts = signed_facts(completed(), "0001")
    assert (facts["legal_fee_paise"], facts["account_ends_with"]) == (500, "0001")
    assert not {"customer_params", "client_id", "person_id", "payment_id"} & set(facts)
