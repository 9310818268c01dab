"""Papers of receipts as PDF, set by the library that all papers of the platform are set by (ADR 0063)."""

from pathlib import Path

from billing.application.receipts.ports import NotPrintable, PaperSize
from billing.domain.receipts.printed_receipt import (
    COLUMNS,
    GOVERNMENT,
    QR_SAYS,
    TEST,
    TITLE,
    TO_CHECK,
    Line,
    PrintedReceipt,
    Words,
)
from emitra_papers import Bilingual, LettersMissing, Typesetter, qr_drawing

LAYOUT = Path(__file__).parent / "layouts" / "receipt.typ"


class TypstReceipts:
    """Implements application.receipts.ports.Papers. Threads may share it."""

    def __init__(self) -> None:
        self._typesetter = Typesetter(LAYOUT)

    def __call__(self, paper: PrintedReceipt, qr_text: str, size: PaperSize) -> bytes:
        """Some hundredths of a second of computation. Raises NotPrintable."""
        texts = {
            "size": size.value,
            "government": self._both(GOVERNMENT),
            "title": self._both(TITLE),
            "name": f"{TITLE.hi} · {TITLE.en} · {paper.number}",
            "number": paper.number,
            "mark": self._both(paper.mark),
            "across": self._both(paper.mark) if paper.is_duplicate else [],
            "copy": self._both(paper.copy),
            "columns": [self._both(column) for column in COLUMNS],
            "charged": [self._line(line) for line in paper.charged],
            "record": [self._line(line) for line in paper.record],
            "refunded": self._both(paper.refunded) if paper.refunded else [],
            "notice": self._both(paper.notice),
            "test": self._both(TEST) if paper.test else [],
            "to_check": self._both(TO_CHECK),
            "qr_says": f"{QR_SAYS.hi} · {QR_SAYS.en}",
        }
        try:
            return self._typesetter.pdf(texts, {"qr": qr_drawing(qr_text)}, paper.issued_at)
        except LettersMissing as error:
            raise NotPrintable from error

    def _line(self, line: Line) -> dict[str, Bilingual]:
        return {"label": self._both(line.label), "value": self._both(line.value)}

    def _both(self, words: Words) -> Bilingual:
        return self._typesetter.both(words.hi, words.en)
