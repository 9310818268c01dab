"""A font whose every syllable is one glyph, so that what is copied from a page is what was written.

A reader of a PDF knows of a glyph which characters it stands for. Devanagari is drawn with parts of letters, in another
order than it is written, and no reader puts that together again without fault (ADR 0052). So the shapes that HarfBuzz
gives for a syllable are joined to one glyph, which stands for the characters of the syllable; the font substitutes it
for them, as a ligature.
"""

import io
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import uharfbuzz
from fontTools.fontBuilder import FontBuilder
from fontTools.otlLib.builder import buildLigatureSubstSubtable, buildLookup
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import newTable
from fontTools.ttLib.tables import otTables
from fontTools.ttLib.tables._g_l_y_f import Glyph

FAMILY = "emitra paper"
# The syllables of Hindi that are in use are some thousands; a drawn one has a few hundred bytes.
SYLLABLES_KEPT = 8192
_NO_FEATURE_REQUIRED = 0xFFFF
# A virama, alone or with the joiner that asks for half a letter; with the non-joiner it ends the syllable.
_JOINS_THE_NEXT = ("\N{DEVANAGARI SIGN VIRAMA}", "\N{DEVANAGARI SIGN VIRAMA}\N{ZERO WIDTH JOINER}")


class LettersMissing(Exception):
    """The font has no shape for a letter of the text."""


class SyllableFonts:
    """Makes the fonts of papers from one font file (TrueType outlines). Threads may share it."""

    def __init__(self, path: Path) -> None:
        self._face = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(path)))
        self._font = uharfbuzz.Font(self._face)
        self._syllables = lru_cache(maxsize=SYLLABLES_KEPT)(self._syllables_of)
        self._drawn = lru_cache(maxsize=SYLLABLES_KEPT)(self._draw)

    def syllables(self, text: str) -> tuple[str, ...]:
        """The text in the pieces that have a glyph each; joined they are the text, in form C."""
        return tuple(piece for word in _words(text) for piece in self._syllables(word))

    def font(self, texts: Iterable[str]) -> bytes:
        """A TrueType font for these texts. The same texts give the same bytes. Raises LettersMissing."""
        pieces = {piece for text in texts for piece in self.syllables(text)}
        letters = sorted({letter for piece in pieces for letter in piece})
        joined = sorted(piece for piece in pieces if len(piece) > 1)
        names = {piece: f"g{place}" for place, piece in enumerate([*letters, *joined], start=1)}
        drawn = {names[piece]: self._drawn(piece) for piece in names}
        order = [".notdef", *drawn]
        glyphs = {".notdef": TTGlyphPen(None).glyph(), **{name: glyph for name, (glyph, _) in drawn.items()}}
        extents = self._font.get_font_extents("ltr")
        above, below = extents.ascender, extents.descender

        builder = FontBuilder(self._face.upem, isTTF=True)
        builder.font.recalcTimestamp = False  # the same texts, the same bytes
        builder.font.recalcBBoxes = False
        builder.setupHead(unitsPerEm=self._face.upem, created=0, modified=0)
        builder.setupGlyphOrder(order)
        builder.setupCharacterMap({ord(letter): names[letter] for letter in letters})
        builder.setupGlyf(glyphs, calcGlyphBounds=False)
        widths = {".notdef": 0, **{name: width for name, (_, width) in drawn.items()}}
        builder.setupHorizontalMetrics({name: (widths[name], getattr(glyphs[name], "xMin", 0)) for name in order})
        builder.setupHorizontalHeader(ascent=above, descent=below, advanceWidthMax=max(widths.values()))
        builder.setupMaxp()
        _bounds(builder, [glyph for glyph, _ in drawn.values() if glyph.numberOfContours])
        builder.setupNameTable(
            {
                "familyName": FAMILY,
                "styleName": "Regular",
                "uniqueFontIdentifier": FAMILY,
                "fullName": f"{FAMILY} Regular",
                "psName": "EmitraPaper-Regular",
                "version": "Version 1.0",
            }
        )
        builder.setupOS2(sTypoAscender=above, sTypoDescender=below, usWinAscent=above, usWinDescent=-below)
        builder.setupPost(keepGlyphNames=False)
        if joined:
            builder.font["GSUB"] = _joining(
                {tuple(names[letter] for letter in piece): names[piece] for piece in joined}
            )
        content = io.BytesIO()
        builder.save(content)
        return content.getvalue()

    def _syllables_of(self, word: str) -> tuple[str, ...]:
        infos, _ = self._shaped(word)
        starts = sorted({info.cluster for info in infos})
        # HarfBuzz counts half a letter as one of its own; alone it would be drawn whole, with its virama.
        starts = [start for start in starts if not word[:start].endswith(_JOINS_THE_NEXT)]
        return tuple(word[start:end] for start, end in zip(starts, [*starts[1:], len(word)], strict=True))

    def _draw(self, piece: str) -> tuple[Glyph, int]:
        """The shapes of the piece as one, and how wide it is."""
        infos, positions = self._shaped(piece)
        pen, x = TTGlyphPen(None), 0
        for info, position in zip(infos, positions, strict=True):
            if info.codepoint == 0:
                raise LettersMissing
            shift = (1, 0, 0, 1, x + position.x_offset, position.y_offset)
            self._font.draw_glyph_with_pen(info.codepoint, TransformPen(pen, shift))
            x += position.x_advance
        glyph = pen.glyph()
        glyph.recalcBounds(None)
        # With its bytes in hand a font needs a fifth of the time.
        glyph.data = glyph.compile(None, recalcBBoxes=False)
        return glyph, x

    def _shaped(self, text: str) -> tuple[list[uharfbuzz.GlyphInfo], list[uharfbuzz.GlyphPosition]]:
        buffer = uharfbuzz.Buffer()
        buffer.add_str(text)
        buffer.guess_segment_properties()
        buffer.direction = "ltr"
        buffer.language = "hi"
        uharfbuzz.shape(self._font, buffer, {})
        return buffer.glyph_infos, buffer.glyph_positions


def _bounds(builder: FontBuilder, glyphs: list[Glyph]) -> None:
    """What the font says of all its glyphs together; readers reserve memory by it."""
    if not glyphs:
        return
    head, most = builder.font["head"], builder.font["maxp"]
    head.xMin, head.yMin = min(glyph.xMin for glyph in glyphs), min(glyph.yMin for glyph in glyphs)
    head.xMax, head.yMax = max(glyph.xMax for glyph in glyphs), max(glyph.yMax for glyph in glyphs)
    most.maxPoints = max(len(glyph.coordinates) for glyph in glyphs)
    most.maxContours = max(glyph.numberOfContours for glyph in glyphs)


def _words(text: str) -> list[str]:
    """Words and the spaces between them; form C as Unicode has it, in which a nukta stays a sign of its own."""
    words = [piece for word in unicodedata.normalize("NFC", text).split(" ") for piece in (" ", word)]
    return [piece for piece in words[1:] if piece]


def _joining(ligatures: dict[tuple[str, ...], str]) -> otTables.GSUB:
    """The table that puts a syllable's glyph in the place of its letters'.

    For no script in particular (DFLT), for a shaper puts the signs of a script that it knows into another order first;
    and as a composition (ccmp), which no setting of a layout turns off.
    """
    table = otTables.GSUB()
    table.Version = 0x00010000
    table.LookupList = otTables.LookupList()
    table.LookupList.Lookup = [buildLookup([buildLigatureSubstSubtable(ligatures)])]
    feature = otTables.FeatureRecord()
    feature.FeatureTag = "ccmp"
    feature.Feature = otTables.Feature()
    feature.Feature.FeatureParams = None
    feature.Feature.LookupListIndex = [0]
    table.FeatureList = otTables.FeatureList()
    table.FeatureList.FeatureRecord = [feature]
    language = otTables.DefaultLangSys()
    language.LookupOrder = None
    language.ReqFeatureIndex = _NO_FEATURE_REQUIRED
    language.FeatureIndex = [0]
    script = otTables.ScriptRecord()
    script.ScriptTag = "DFLT"
    script.Script = otTables.Script()
    script.Script.DefaultLangSys = language
    script.Script.LangSysRecord = []
    table.ScriptList = otTables.ScriptList()
    table.ScriptList.ScriptRecord = [script]
    gsub = newTable("GSUB")
    gsub.table = table
    return gsub
