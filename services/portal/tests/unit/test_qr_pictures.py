"""QRs are read from what phones make of them; whatever the bytes are, there is an answer, and soon."""

import io
import struct
import threading
import zlib
from collections.abc import Callable, Sequence

import pytest
from PIL import Image, ImageDraw, ImageFilter
from tests.support.pictures import drawn, encoded, qr_picture

from portal.adapters.qr_pictures import MOST_PIXELS, ZxingQrPictures
from portal.application.ports import Unreadable
from servicekit.deadlines import deadline
from servicekit.errors import DependencyUnavailable

# As long as a domicile certificate's.
TEXT = "eyJ" + "hbGciOiJFZERTQSIsImtpZCI6Ik" * 16
READER = ZxingQrPictures()


def on_paper(image: Image.Image) -> Image.Image:
    """In the lower half of a page with lines of writing."""
    page = Image.new("L", (1240, 1754), 245)
    pen = ImageDraw.Draw(page)
    for y in range(100, 800, 40):
        pen.rectangle((100, y, 1100, y + 14), fill=40)
    page.paste(image, (700, 1200))
    return page


def turned(image: Image.Image) -> Image.Image:
    """Not held straight."""
    return image.rotate(7, expand=True, fillcolor=200, resample=Image.Resampling.BILINEAR)


def noisy(image: Image.Image) -> Image.Image:
    """In bad light."""
    return Image.blend(image, Image.effect_noise(image.size, 60), 0.3)


def scaled(image: Image.Image) -> Image.Image:
    """As a messenger sends it on."""
    return image.resize((image.width * 2 // 3, image.height * 2 // 3))


def unsharp(image: Image.Image) -> Image.Image:
    """Not quite in focus."""
    return image.filter(ImageFilter.GaussianBlur(1.2))


def upside_down(image: Image.Image) -> Image.Image:
    return image.transpose(Image.Transpose.ROTATE_180)


def poor_jpeg(image: Image.Image) -> Image.Image:
    return Image.open(io.BytesIO(encoded(image, "JPEG", quality=25)))


@pytest.mark.parametrize(
    "degraded",
    [
        [on_paper],
        [on_paper, turned],
        [on_paper, noisy],
        [unsharp],
        [scaled, poor_jpeg],
        [on_paper, upside_down],
        [on_paper, turned, noisy, scaled, poor_jpeg],
    ],
    ids=lambda steps: " ".join(step.__name__ for step in steps),
)
def test_a_qr_is_read_from_a_poor_picture(degraded: Sequence[Callable[[Image.Image], Image.Image]]) -> None:
    image = drawn(TEXT)
    for step in degraded:
        image = step(image)
    assert READER.texts(encoded(image, "JPEG", quality=60)) == [TEXT]


def test_what_shines_through_a_transparent_picture_is_paper() -> None:
    image = drawn(TEXT)
    see_through = Image.new("RGBA", image.size, (0, 0, 0, 0))
    see_through.paste((0, 0, 0, 255), mask=image.point(lambda value: 255 - value))
    assert READER.texts(encoded(see_through)) == [TEXT]


def test_what_noise_hides_is_looked_at_a_second_time(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[Image.Image] = []

    def only_the_second(image: Image.Image) -> list[str]:
        looks.append(image)
        return [TEXT] if len(looks) == 2 else []

    monkeypatch.setattr("portal.adapters.qr_pictures._read", only_the_second)
    assert READER.texts(qr_picture(TEXT)) == [TEXT]
    assert looks[0] != looks[1]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_every_kind_of_png_is_read(mode: str) -> None:
    assert READER.texts(encoded(drawn(TEXT).convert(mode))) == [TEXT]


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_every_kind_of_jpeg_is_read(mode: str) -> None:
    assert READER.texts(encoded(drawn(TEXT).convert(mode), "JPEG", progressive=True)) == [TEXT]


def test_each_text_is_told_once_and_other_codes_are_not_looked_for() -> None:
    both = Image.new("L", (1600, 900), 255)
    both.paste(drawn("one"), (50, 50))
    both.paste(drawn("one"), (50, 400))
    both.paste(drawn("two"), (900, 50))
    assert sorted(READER.texts(encoded(both))) == ["one", "two"]


def test_a_picture_without_a_qr_has_no_texts() -> None:
    assert READER.texts(encoded(Image.effect_noise((800, 600), 80))) == []
    assert READER.texts(encoded(Image.new("L", (1, 1)))) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0",
        encoded(drawn("x"), "GIF"),
        encoded(drawn("x"), "BMP"),
        encoded(drawn("x"), "TIFF"),
        encoded(drawn("x"), "WEBP"),
        encoded(drawn("x").convert("CMYK"), "JPEG"),
        qr_picture(TEXT)[:-200],
        encoded(drawn(TEXT), "JPEG")[:2000],
    ],
)
def test_what_is_no_whole_png_or_jpeg_is_no_picture(content: bytes) -> None:
    assert READER.texts(content) is Unreadable.NO_PICTURE


def test_a_picture_damaged_anywhere_gets_an_answer() -> None:
    for whole in (qr_picture("x"), encoded(drawn("x"), "JPEG")):
        for place in range(0, len(whole), 7):
            damaged = whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
            texts = READER.texts(damaged)
            assert isinstance(texts, Unreadable) or set(texts) <= {"x"}


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is that large."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(MOST_PIXELS + 1, 1), (50_000, 50_000), (2**31 - 1, 2**31 - 1)])
def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked(size: tuple[int, int]) -> None:
    assert READER.texts(bomb(*size)) is Unreadable.TOO_MANY_PIXELS


def test_a_text_of_many_megabytes_in_a_small_png_is_refused() -> None:
    whole = qr_picture("x")
    text = b"zTXt" + b"k\x00\x00" + zlib.compress(b"x" * 80_000_000)
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    assert READER.texts(whole[:33] + chunk + whole[33:]) is Unreadable.NO_PICTURE


def test_one_picture_is_read_at_a_time_and_nobody_waits_for_ever() -> None:
    reader = ZxingQrPictures()
    with reader._turn, deadline(0.3), pytest.raises(DependencyUnavailable):
        reader.texts(qr_picture("x"))
    results: list[object] = []
    threads = [threading.Thread(target=lambda: results.append(reader.texts(qr_picture("x")))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [["x"]] * 4
