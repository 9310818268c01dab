"""Pictures of QRs, as printers, phones and people make them."""

import io

import segno
from PIL import Image


def drawn(text: str, pixels: int = 4) -> Image.Image:
    """The QR of a text, with so many pixels for a module."""
    made = io.BytesIO()
    segno.make_qr(text, error="M").save(made, kind="png", scale=pixels)
    return Image.open(made).convert("L")


def encoded(image: Image.Image, kind: str = "PNG", **how: int) -> bytes:
    """The picture as a file."""
    made = io.BytesIO()
    image.save(made, kind, **how)
    return made.getvalue()


def qr_picture(text: str) -> bytes:
    """A screenshot of a text's QR."""
    return encoded(drawn(text))
