"""Pages set by Typst: tagged for screen readers, each text with its language, the same bytes each time."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import fontpkg_noto_sans_devanagari as noto
import typst

from emitra_papers.syllable_font import SyllableFonts

FONT = noto.ROOT / "files" / "NotoSansDevanagari[wdth,wght].ttf"
# What layouts import: how a text of two languages is set. Its own signs are in every font.
BILINGUAL = Path(__file__).parent / "bilingual.typ"
_SIGNS = " · "
# A word that is longer may be broken after so many syllables: half a column is wider.
LONGEST_UNBROKEN = 20

# What a layout is told of a text in one language: `lang`, and `words`, each in the parts between which a line may end.
_Text = dict[str, str | list[list[str]]]
# A text in both languages, Hindi first; one where both say the same.
Bilingual = list[_Text]


class Typesetter:
    """Sets papers by one layout, a Typst file that imports "bilingual.typ". Threads may share it."""

    def __init__(self, layout: Path) -> None:
        self._files = {file.name: file.read_bytes() for file in (layout, BILINGUAL)}
        self._layout = layout.name
        self._fonts = SyllableFonts(FONT)

    def both(self, hi: str, en: str) -> Bilingual:
        """A text in both languages, as the functions of "bilingual.typ" take it."""
        if hi == en:
            return [self._text(en, "hi" if _is_devanagari(en) else "en")]
        return [self._text(hi, "hi"), self._text(en, "en")]

    def pdf(self, texts: Mapping[str, Any], drawings: Mapping[str, str], at: datetime) -> bytes:
        """The paper; some hundredths of a second of computation.

        The layout reads `texts` (results of `both`, and plain strings, in lists and mappings) and `drawings` (SVG) as
        one document: `json(bytes(sys.inputs.paper))`. `at` is what the PDF says of when it was made. Raises
        LettersMissing, for a letter that the font has no shape for.
        """
        font = self._fonts.font({_SIGNS, *_strings(texts)})
        paper = json.dumps({**texts, **drawings}, ensure_ascii=False)
        # Typst reads layouts and fonts from a folder, and nothing outside of it; this one ends with the call.
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "paper.ttf").write_bytes(font)
            for file, content in self._files.items():
                (folder / file).write_bytes(content)
            pdf = typst.compile(
                str(folder / self._layout),
                root=name,
                font_paths=[name],
                ignore_system_fonts=True,
                pdf_standards=["ua-1"],
                sys_inputs={"paper": paper},
                timestamp=int(at.timestamp()),
            )
        assert isinstance(pdf, bytes)
        return pdf

    def _text(self, text: str, language: str) -> _Text:
        words = [self._fonts.syllables(word) for word in text.split(" ")]
        return {"lang": language, "words": [_parts(syllables) for syllables in words]}


def _strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for member in value.values():
                yield from _strings(member)
        case list():
            for member in value:
                yield from _strings(member)


def _parts(syllables: tuple[str, ...]) -> list[str]:
    starts = range(0, len(syllables) or 1, LONGEST_UNBROKEN)
    return ["".join(syllables[start : start + LONGEST_UNBROKEN]) for start in starts]


def _is_devanagari(text: str) -> bool:
    return any("\u0900" <= letter <= "\u097f" for letter in text)
