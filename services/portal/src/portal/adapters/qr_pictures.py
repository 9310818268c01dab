"""QRs in pictures that people send: decoded here, in memory, and nothing of them kept."""

import io
import threading
from collections.abc import Sequence

import zxingcpp
from PIL import Image, ImageFilter

from portal.application.ports import Unreadable
from servicekit.deadlines import seconds_left
from servicekit.errors import DependencyUnavailable

# What phones give; each kind more is one more decoder that strangers can reach.
KINDS = ("JPEG", "PNG")
# The largest photos of common phones, 5184 by 4032. One takes 170 MB at most while it is read, and a small file may
# claim any size.
MOST_PIXELS = 21_000_000
# The largest picture takes three seconds, most a tenth of one: whoever waits longer stands behind too many.
LONGEST_WAIT_SECONDS = 8.0

# The size is looked at here, before anything is decoded; Pillow would warn of much larger ones only.
Image.MAX_IMAGE_PIXELS = None


class ZxingQrPictures:
    """Implements application.ports.QrPictures. Threads share it, and one at a time has a picture in memory."""

    def __init__(self) -> None:
        self._turn = threading.Lock()

    def texts(self, picture: bytes) -> Sequence[str] | Unreadable:
        if not self._turn.acquire(timeout=seconds_left(LONGEST_WAIT_SECONDS)):
            raise DependencyUnavailable("Too many pictures are being read at once.")
        try:
            grey = _grey(picture)
            if isinstance(grey, Unreadable):
                return grey
            # What noise hides is often seen when the picture is blurred a little.
            return _read(grey) or _read(grey.filter(ImageFilter.GaussianBlur(1)))
        finally:
            self._turn.release()


def _read(image: Image.Image) -> list[str]:
    # Made anew each time: one that lives as long as the process is complained of at its end.
    formats = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
    return list(dict.fromkeys(code.text for code in zxingcpp.read_barcodes(image, formats=formats)))


def _grey(picture: bytes) -> Image.Image | Unreadable:
    try:
        # By content: neither the name nor the type that was sent is looked at.
        with Image.open(io.BytesIO(picture), formats=KINDS) as image:
            if image.width * image.height > MOST_PIXELS:
                return Unreadable.TOO_MANY_PIXELS
            if image.mode == "CMYK":  # made for printing presses, and takes half as much memory again
                return Unreadable.NO_PICTURE
            image.draft("L", None)
            if not image.has_transparency_data:
                return image.convert("L")
            # What shines through is paper.
            seen = image if image.mode in {"LA", "RGBA"} else image.convert("RGBA")
            ground = Image.new("L", seen.size, 255)
            ground.paste(seen.convert("L"), mask=seen.getchannel("A"))
            return ground
    except Exception:  # noqa: BLE001 whatever a decoder raises: these bytes are no picture
        return Unreadable.NO_PICTURE
