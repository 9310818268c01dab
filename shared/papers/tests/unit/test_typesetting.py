"""Papers set by a layout of somebody's own, read back by programs that are not ours."""

import io
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pypdf
import pypdfium2
import pytest
import zxingcpp
from pdfminer.high_level import extract_text
from tests.support.golden_words import WORDS

from emitra_papers import LettersMissing, Typesetter, qr_drawing

LAYOUT = Path(__file__).parent.parent / "support" / "sample.typ"
TYPESETTER = Typesetter(LAYOUT)
AT = datetime(2026, 11, 28, 6, 30, tzinfo=UTC)


def a_paper(*facts: str, typesetter: Typesetter = TYPESETTER) -> bytes:
    texts = {
        "name": "रसीद · Receipt",
        "title": typesetter.both("रसीद", "Receipt"),
        "facts": [typesetter.both(fact, fact) for fact in facts],
        "qr_says": "QR",
    }
    return typesetter.pdf(texts, {"qr": qr_drawing("EMITRA")}, AT)


def by_pypdf(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def by_pdfminer(pdf: bytes) -> str:
    return extract_text(io.BytesIO(pdf))


def by_pdfium(pdf: bytes) -> str:
    return "\n".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))


def by_poppler(pdf: bytes) -> str:
    command = ["pdftotext", "-layout", "-", "-"]
    return subprocess.run(command, input=pdf, stdout=subprocess.PIPE, check=True).stdout.decode()


@pytest.mark.parametrize("reader", [by_pypdf, by_pdfminer, by_pdfium, by_poppler])
def test_what_is_copied_from_a_paper_is_what_was_written(reader: Callable[[bytes], str]) -> None:
    copied = reader(a_paper(*WORDS, " ".join(WORDS))).split()
    assert [word for word in WORDS if copied.count(word) < 2] == []


def test_a_paper_is_the_same_bytes_each_time() -> None:
    assert a_paper("एक", "One") == a_paper("एक", "One", typesetter=Typesetter(LAYOUT))


def test_a_paper_says_when_it_was_made_and_in_which_language_it_is() -> None:
    pdf = a_paper("एक", "One")
    assert pypdf.PdfReader(io.BytesIO(pdf)).metadata.creation_date == AT  # type: ignore[union-attr]
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert (str(document.Root.Lang), bool(document.Root.MarkInfo.Marked)) == ("hi-IN", True)


def test_both_languages_are_said_and_once_where_they_are_the_same() -> None:
    assert [text["lang"] for text in TYPESETTER.both("रसीद", "Receipt")] == ["hi", "en"]
    assert [text["lang"] for text in TYPESETTER.both("EM-1", "EM-1")] == ["en"]
    assert [text["lang"] for text in TYPESETTER.both("राम", "राम")] == ["hi"]


def test_what_somebody_wrote_is_no_language_of_the_layout() -> None:
    written = ["#panic()", "$x$ *a* _b_", "= a", '\\ " ` @a <b>', '#read("sample.typ")']
    copied = by_pdfium(a_paper(*written))
    assert [text for text in written if text not in copied] == []


def test_a_letter_that_the_font_has_not_is_told() -> None:
    with pytest.raises(LettersMissing):
        a_paper("தமிழ்")


def test_the_drawing_of_a_qr_is_read() -> None:
    picture = pypdfium2.PdfDocument(a_paper("एक"))[0].render(scale=150 / 72, grayscale=True).to_pil()
    (code,) = zxingcpp.read_barcodes(picture)
    assert code.text == "EMITRA"
