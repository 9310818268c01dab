"""Papers as PDF, in Hindi and English: tagged for screen readers, and what is copied is what was written."""

from emitra_papers.qr_drawing import qr_drawing
from emitra_papers.syllable_font import LettersMissing, SyllableFonts
from emitra_papers.typesetting import FONT, Bilingual, Typesetter

__all__ = ["FONT", "Bilingual", "LettersMissing", "SyllableFonts", "Typesetter", "qr_drawing"]
__version__ = "0.1.0"
