"""A text as a QR to be printed."""

import io

import segno

# Enough for a phone's camera at the distance of a hand, with room above the 0.45 mm at which A4 copies begin to blur.
MODULE_MM = 0.5
# Level M stands a seventh of the picture being soiled or folded away (ISO/IEC 18004); the next level is taken where it
# costs no larger picture.
LEAST_CORRECTION = "M"


def qr_drawing(text: str) -> str:
    """The text as an SVG drawing, its size in millimetres, with the white border that readers need."""
    drawn = io.BytesIO()
    segno.make_qr(text, error=LEAST_CORRECTION).save(
        drawn, kind="svg", unit="mm", scale=MODULE_MM, light="#fff", xmldecl=False
    )
    return drawn.getvalue().decode()
