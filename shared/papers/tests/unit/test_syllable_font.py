"""Fonts whose every syllable is one glyph: drawn as HarfBuzz draws the word, and standing for what was written."""

import io
from typing import Any

import pytest
import uharfbuzz
from fontTools.pens.areaPen import AreaPen
from fontTools.pens.boundsPen import BoundsPen
from fontTools.pens.recordingPen import RecordingPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont
from tests.support.golden_words import WORDS

from emitra_papers import FONT, LettersMissing, SyllableFonts

FONTS = SyllableFonts(FONT)
NOTO = uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(FONT))))


def shape(font: uharfbuzz.Font, word: str) -> Any:
    buffer = uharfbuzz.Buffer()
    buffer.add_str(word)
    buffer.guess_segment_properties()
    buffer.language = "hi"
    uharfbuzz.shape(font, buffer, {})
    return list(zip(buffer.glyph_infos, buffer.glyph_positions, strict=True))


def drawn(font: uharfbuzz.Font, word: str) -> tuple[int, tuple[float, ...], Any]:
    """How wide the word is, where its ink is, and how much of it."""
    ink, x = RecordingPen(), 0
    for info, position in shape(font, word):
        pen = TransformPen(ink, (1, 0, 0, 1, x + position.x_offset, position.y_offset))
        font.draw_glyph_with_pen(info.codepoint, pen)
        x += position.x_advance
    bounds, area = BoundsPen(None), AreaPen(None)
    ink.replay(bounds)
    ink.replay(area)
    # The curves of a font lie on whole units, so the ink of another one differs by a thousandth.
    return x, bounds.bounds or (), pytest.approx(area.value, rel=0.002)


@pytest.mark.parametrize("word", WORDS)
def test_a_word_is_drawn_as_harfbuzz_draws_it(word: str) -> None:
    ours = uharfbuzz.Font(uharfbuzz.Face(FONTS.font([word])))
    assert drawn(ours, word) == drawn(NOTO, word)


@pytest.mark.parametrize("word", WORDS)
def test_a_syllable_is_one_glyph(word: str) -> None:
    ours = uharfbuzz.Font(uharfbuzz.Face(FONTS.font([word])))
    assert [info.cluster for info, _ in shape(ours, word)] == [
        sum(map(len, FONTS.syllables(word)[:place])) for place in range(len(FONTS.syllables(word)))
    ]


def test_half_a_letter_is_no_syllable() -> None:
    assert FONTS.syllables("विद्यार्थी हिन्दी") == ("वि", "द्या", "र्थी", " ", "हि", "न्दी")
    assert FONTS.syllables("क्\N{ZERO WIDTH NON-JOINER}ष") == ("क्\N{ZERO WIDTH NON-JOINER}", "ष")


def test_the_syllables_of_a_text_are_the_text() -> None:
    text = " ".join(WORDS) + "  Test  Citizen's "
    assert "".join(FONTS.syllables(text)) == text


def test_the_same_texts_in_any_order_give_the_same_font() -> None:
    assert FONTS.font(WORDS) == SyllableFonts(FONT).font(reversed(WORDS))


def test_a_font_says_nothing_of_the_day_it_was_made() -> None:
    assert (
        TTFont(io.BytesIO(FONTS.font(["क"])))["head"].modified == TTFont(io.BytesIO(FONTS.font(["ख"])))["head"].modified
    )


def test_what_a_font_says_of_its_glyphs_together_is_as_they_are() -> None:
    said = TTFont(io.BytesIO(FONTS.font(WORDS)))
    computed = TTFont(io.BytesIO(FONTS.font(WORDS)))
    computed["glyf"].ensureDecompiled()
    computed["maxp"].recalc(computed)
    for table in ("maxp", "head"):
        before, after = vars(said[table]), vars(computed[table])
        assert {name: before[name] for name in after} == after


@pytest.mark.parametrize("text", ["𑄇𑄧", "தமிழ்", "中"])
def test_a_letter_without_a_shape_is_told(text: str) -> None:
    with pytest.raises(LettersMissing):
        FONTS.font([text])
