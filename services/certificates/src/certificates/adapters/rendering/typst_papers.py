"""Papers as PDF, set by Typst: tagged for screen readers, each text with its language, the same bytes each time."""

import json
import tempfile
from pathlib import Path

import fontpkg_noto_sans_devanagari as noto
import typst

from certificates.adapters.rendering.qr_drawing import qr_drawing
from certificates.adapters.rendering.syllable_font import LettersMissing, SyllableFonts
from certificates.application.certificates.ports import NotPrintable
from certificates.domain.certificates.printed_paper import (
    COLUMNS,
    GOVERNMENT,
    QR_SAYS,
    TEST,
    TO_VERIFY,
    Line,
    PrintedPaper,
)
from certificates.domain.types.label import Label

LAYOUT = Path(__file__).parent / "layouts" / "paper.typ"
FONT = noto.ROOT / "files" / "NotoSansDevanagari[wdth,wght].ttf"
# A word that is longer may be broken after so many syllables: half a column is wider.
LONGEST_UNBROKEN = 20

# What is sent of a text: its language, and its words, each in the parts between which a line may end.
_Text = dict[str, str | list[list[str]]]


class TypstPapers:
    """Implements application.certificates.ports.Papers. Threads may share it."""

    def __init__(self) -> None:
        self._fonts = SyllableFonts(FONT)

    def __call__(self, paper: PrintedPaper, qr_text: str) -> bytes:
        """Some hundredths of a second of computation. Raises NotPrintable."""
        try:
            font = self._fonts.font(paper.words())
        except LettersMissing as error:
            raise NotPrintable from error
        content = {
            "government": self._both(GOVERNMENT),
            "title": self._both(paper.title),
            "name": f"{paper.title.hi} · {paper.title.en} · {paper.number}",
            "number": paper.number,
            "opening": self._both(paper.opening),
            "columns": [self._both(column) for column in COLUMNS],
            "facts": [self._line(line) for line in paper.facts],
            "record": [self._line(line) for line in paper.record],
            "test": self._both(TEST) if paper.test else [],
            "to_verify": self._both(TO_VERIFY),
            "qr": qr_drawing(qr_text),
            "qr_says": f"{QR_SAYS.hi} · {QR_SAYS.en}",
        }
        # Typst takes fonts from a folder; this one ends with the call.
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "paper.ttf").write_bytes(font)
            pdf = typst.compile(
                str(LAYOUT),
                root=str(LAYOUT.parent),
                font_paths=[folder],
                ignore_system_fonts=True,
                pdf_standards=["ua-1"],
                sys_inputs={"paper": json.dumps(content, ensure_ascii=False)},
                timestamp=int(paper.issued_at.timestamp()),
            )
        assert isinstance(pdf, bytes)
        return pdf

    def _line(self, line: Line) -> dict[str, list[_Text]]:
        return {"label": self._both(line.label), "value": self._both(line.value)}

    def _both(self, label: Label) -> list[_Text]:
        """Hindi first; once where both say the same."""
        if label.hi == label.en:
            return [self._text(label.en, "hi" if _is_devanagari(label.en) else "en")]
        return [self._text(label.hi, "hi"), self._text(label.en, "en")]

    def _text(self, text: str, language: str) -> _Text:
        words = [self._fonts.syllables(word) for word in text.split(" ")]
        return {"lang": language, "words": [_parts(syllables) for syllables in words]}


def _parts(syllables: tuple[str, ...]) -> list[str]:
    starts = range(0, len(syllables) or 1, LONGEST_UNBROKEN)
    return ["".join(syllables[start : start + LONGEST_UNBROKEN]) for start in starts]


def _is_devanagari(text: str) -> bool:
    return any("\u0900" <= letter <= "\u097f" for letter in text)
