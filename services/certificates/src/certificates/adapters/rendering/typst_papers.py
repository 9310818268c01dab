"""Papers of certificates as PDF, set by the library that all papers of the platform are set by (ADR 0063)."""

from pathlib import Path

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
from certificates.domain.label import Label
from emitra_papers import Bilingual, LettersMissing, Typesetter, qr_drawing

LAYOUT = Path(__file__).parent / "layouts" / "paper.typ"


class TypstPapers:
    """Implements application.certificates.ports.Papers. Threads may share it."""

    def __init__(self) -> None:
        self._typesetter = Typesetter(LAYOUT)

    def __call__(self, paper: PrintedPaper, qr_text: str) -> bytes:
        """Some hundredths of a second of computation. Raises NotPrintable."""
        texts = {
            "government": self._both(GOVERNMENT),
            "title": self._both(paper.title),
            "name": f"{paper.title.hi} · {paper.title.en} · {paper.number}",
            "number": paper.number,
            "opening": self._both(paper.opening),
            "columns": [self._both(column) for column in COLUMNS],
            "facts": [self._line(line) for line in paper.facts],
            "record": [self._line(line) for line in paper.record],
            "test": self._both(TEST) if paper.test else [],
            "mark": self._both(paper.end.mark) if paper.end else [],
            "end": self._both(paper.end.says) if paper.end else [],
            "to_verify": self._both(TO_VERIFY),
            "qr_says": f"{QR_SAYS.hi} · {QR_SAYS.en}",
        }
        try:
            return self._typesetter.pdf(texts, {"qr": qr_drawing(qr_text)}, paper.issued_at)
        except LettersMissing as error:
            raise NotPrintable from error

    def _line(self, line: Line) -> dict[str, Bilingual]:
        return {"label": self._both(line.label), "value": self._both(line.value)}

    def _both(self, label: Label) -> Bilingual:
        return self._typesetter.both(label.hi, label.en)
