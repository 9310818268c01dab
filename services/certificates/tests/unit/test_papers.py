"""The PDF of a paper, read back by programs that are not ours."""

import io
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pikepdf
import pypdf
import pypdfium2
import pytest
import zxingcpp
from pdfminer.high_level import extract_text
from PIL import Image
from tests.support.builders import DOMICILE, MONDAY, RULEBOOK
from tests.support.golden_words import WORDS

from certificates.adapters.rendering.typst_papers import TypstPapers
from certificates.application.certificates.ports import NotPrintable
from certificates.domain.certificates.printed_paper import Line, PrintedPaper
from certificates.domain.label import Label

PAPERS = TypstPapers()
QR_TEXT = "eyJhbGciOiJFZERTQSJ9." + "x" * 300 + ".c2ln"
A4_POINTS = (595.276, 841.89)


def a_paper(*values: str, **changed: object) -> PrintedPaper:
    """A paper with these facts."""
    paper = PrintedPaper(
        title=DOMICILE.title,
        opening=Label("It is certified.", "प्रमाणित किया जाता है।"),
        number="DOM-7K2M9QX4TB-T",
        facts=tuple(Line(Label("Name", "नाम"), Label(value, value)) for value in values),
        record=(Line(Label("Law", "विधिक आधार"), DOMICILE.legal_basis),),
        signed_by=Label("Tehsildar", "तहसीलदार"),
        issued_at=MONDAY,
        test=False,
    )
    return replace(paper, **changed)  # type: ignore[arg-type]


def by_pypdf(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def by_pdfminer(pdf: bytes) -> str:
    return extract_text(io.BytesIO(pdf))


def by_pdfium(pdf: bytes) -> str:
    return "\n".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))


def by_poppler(pdf: bytes) -> str:
    command = ["pdftotext", "-layout", "-", "-"]
    return subprocess.run(command, input=pdf, stdout=subprocess.PIPE, check=True).stdout.decode()


READERS = [by_pypdf, by_pdfminer, by_pdfium, by_poppler]


@pytest.mark.parametrize("reader", READERS)
def test_what_is_copied_from_a_paper_is_what_was_written(reader: Callable[[bytes], str]) -> None:
    copied = reader(PAPERS(a_paper(*WORDS, " ".join(WORDS)), QR_TEXT)).split()
    assert [word for word in WORDS if copied.count(word) < 2] == []


@pytest.mark.parametrize("reader", READERS)
def test_every_label_and_choice_of_every_type_is_copied_right(reader: Callable[[bytes], str]) -> None:
    labels = {
        label
        for application_type in RULEBOOK.types.values()
        for field in application_type.form
        for label in (field.label, *(choice.label for choice in field.choices))
    }
    words = sorted({word for label in labels for text in (label.en, label.hi) for word in text.split()})
    copied = set(reader(PAPERS(a_paper(*words), QR_TEXT)).split())
    assert [word for word in words if word not in copied] == []


def test_a_paper_is_the_same_bytes_each_time() -> None:
    assert PAPERS(a_paper(*WORDS), QR_TEXT) == TypstPapers()(a_paper(*WORDS), QR_TEXT)
    assert PAPERS(a_paper("एक"), QR_TEXT) != PAPERS(a_paper("दो"), QR_TEXT)


def test_a_paper_is_of_a4_and_says_when_it_was_issued() -> None:
    paper = a_paper("एक", issued_at=MONDAY + timedelta(milliseconds=769))
    reader = pypdf.PdfReader(io.BytesIO(PAPERS(paper, QR_TEXT)))
    (page,) = reader.pages
    assert (float(page.mediabox.width), float(page.mediabox.height)) == pytest.approx(A4_POINTS, abs=0.1)
    assert reader.metadata is not None
    assert reader.metadata.creation_date == MONDAY
    assert "DOM-7K2M9QX4TB-T" in str(reader.metadata.title)


def elements(pdf: bytes) -> list[tuple[str, str, str]]:
    """Of each element of the structure: its kind, its language and what it says in place of a picture."""
    told = []

    def walk(element: object) -> None:
        if isinstance(element, pikepdf.Array):
            for member in element:
                walk(member)
        elif isinstance(element, pikepdf.Dictionary) and "/S" in element:
            told.append((str(element.S), str(element.get("/Lang", "")), str(element.get("/Alt", ""))))
            walk(element.get("/K"))

    with pikepdf.open(io.BytesIO(pdf)) as document:
        walk(document.Root.StructTreeRoot.K)
    return told


def test_a_screen_reader_is_told_what_is_what_and_in_which_language() -> None:
    pdf = PAPERS(a_paper("एक", "One"), QR_TEXT)
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert (str(document.Root.Lang), bool(document.Root.MarkInfo.Marked)) == ("hi-IN", True)
        assert "pdfuaid:part" in document.Root.Metadata.read_bytes().decode()
    told = elements(pdf)
    kinds = [kind for kind, _, _ in told]
    assert {"/H1", "/Table", "/TH", "/TD", "/L", "/Figure"} <= set(kinds)
    assert "en-IN" in {language for _, language, _ in told}
    assert [alt for kind, _, alt in told if kind == "/Figure"] == [
        "इस काग़ज़ के हस्ताक्षरित तथ्यों का क्यूआर · QR with the signed facts of this paper"
    ]


def test_nothing_in_a_paper_opens_or_runs_anything() -> None:
    pdf = PAPERS(a_paper("https://verify.example/ एक"), QR_TEXT)
    with pikepdf.open(io.BytesIO(pdf)) as document:
        kinds = {str(key) for thing in document.objects if isinstance(thing, pikepdf.Dictionary) for key in thing}
    assert not kinds & {"/OpenAction", "/AA", "/JS", "/JavaScript", "/Launch", "/URI", "/EmbeddedFiles", "/Annots"}


def test_what_somebody_wrote_is_no_language_of_the_layout() -> None:
    written = ["#panic()", "$x$ *a* _b_", "= a", "/ a: b", '\\ " ` @a <b>']
    assert [
        text for text in written if " ".join(text.split()) not in by_pdfium(PAPERS(a_paper(*written), QR_TEXT))
    ] == []


@pytest.mark.parametrize("name", ["W" * 200, "क्षत्रिय" * 25, "ज्ञानचन्द्र " * 18, "a-" * 100, "M"])
def test_a_long_name_stays_within_the_page(name: str) -> None:
    pages = pypdfium2.PdfDocument(PAPERS(a_paper(*[name] * 8), QR_TEXT))
    for page in pages:
        picture = page.render(scale=2, grayscale=True).to_pil()
        ink = picture.point(lambda value: 255 - value).getbbox()
        assert ink is not None
        assert ink[0] > 50
        assert ink[2] < picture.width - 50


def test_a_paper_that_needs_more_pages_has_its_number_on_each() -> None:
    pages = pypdf.PdfReader(io.BytesIO(PAPERS(a_paper(*["एक दो तीन"] * 60), QR_TEXT))).pages
    assert len(pages) > 1
    assert all("DOM-7K2M9QX4TB-T" in page.extract_text() for page in pages)


def test_a_letter_that_the_font_has_not_is_told() -> None:
    with pytest.raises(NotPrintable):
        PAPERS(a_paper("தமிழ்"), QR_TEXT)


@pytest.mark.parametrize("length", [300, 1300])
def test_the_qr_is_read_from_a_noisy_scan_at_150_dpi(length: int) -> None:
    text = "eyJhbGciOiJFZERTQSJ9." + "x" * length
    page = pypdfium2.PdfDocument(PAPERS(a_paper("एक"), text))[0]
    paper = page.render(scale=150 / 72, grayscale=True).to_pil()
    noise = Image.effect_noise(paper.size, 60)
    scan = Image.blend(paper.rotate(1.5, expand=True, fillcolor=255).resize(paper.size), noise, 0.25)
    (code,) = zxingcpp.read_barcodes(scan, formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode]))
    assert code.text == text
    assert code.ec_level in {"M", "Q", "H"}


def test_the_modules_of_the_qr_are_wide_enough_for_a_copy() -> None:
    dpmm = 20
    page = pypdfium2.PdfDocument(PAPERS(a_paper("एक"), QR_TEXT))[0]
    picture = page.render(scale=dpmm * 25.4 / 72, grayscale=True).to_pil()
    (code,) = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode]))
    # A finder in the corner is seven modules wide, its edge one (ISO/IEC 18004).
    corner = code.position.top_left
    run = next(x for x in range(corner.x + 2, picture.width) if picture.getpixel((x, corner.y + 4)) > 128) - corner.x
    assert run / 7 / dpmm >= 0.45
