"""What is kept of a file that a stranger made, and what is refused, by the process that looks into it."""

import io
import struct
import zlib
from collections.abc import Callable

import pikepdf
import pytest
from PIL import Image
from tests.support import files

from certificates.adapters.attachments.child_judge import ChildJudge
from certificates.adapters.attachments.judgement import MOST_PAGES
from certificates.domain.attachments.attachment import REFUSALS, MediaType, Refusal

JUDGE = ChildJudge()


def png_that_claims(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is that large."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


def opened(kept: bytes | Refusal) -> Image.Image:
    assert isinstance(kept, bytes), kept
    return Image.open(io.BytesIO(kept))


def test_of_a_photograph_the_picture_is_kept_and_not_where_it_was_taken() -> None:
    photograph = files.picture(exif=files.GPS_EXIF, comment=b"9876543210", icc_profile=b"profile")
    assert b"Test Camera" in photograph

    kept = opened(JUDGE(MediaType.JPEG, photograph))

    assert (kept.format, kept.size) == ("JPEG", (60, 40))
    assert not kept.getexif()
    assert not {"comment", "icc_profile", "exif"} & kept.info.keys()
    red, green, _ = kept.convert("RGB").getpixel((5, 5))  # type: ignore[misc] # of three bands
    assert red > 150 > green


def test_a_photograph_taken_on_its_side_is_kept_upright() -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    assert opened(JUDGE(MediaType.JPEG, files.picture(exif=turned))).size == (40, 60)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "LA", "I;16"])
def test_a_png_of_any_kind_is_kept_as_a_plain_one(mode: str) -> None:
    kept = opened(JUDGE(MediaType.PNG, files.picture("PNG", mode=mode)))
    assert (kept.format, kept.size) == ("PNG", (60, 40))
    assert kept.mode in {"L", "RGB"}


def test_what_is_hidden_behind_a_picture_is_not_kept() -> None:
    kept = JUDGE(MediaType.JPEG, files.picture() + files.zipped())
    assert isinstance(kept, bytes)
    assert b"run.exe" not in kept


def test_a_pdf_is_kept_as_it_came_because_it_may_be_signed() -> None:
    paper = files.pdf(files.with_a_link_to_a_page)
    assert JUDGE(MediaType.PDF, paper) == paper


@pytest.mark.parametrize(
    "change",
    [
        files.with_script_on_opening,
        files.with_script_on_a_page,
        files.with_a_launch,
        files.with_a_file_inside,
        files.with_xfa,
    ],
)
@pytest.mark.parametrize("hidden", [False, True], ids=["plain", "in compressed objects"])
def test_a_pdf_that_acts_is_refused(change: Callable[[pikepdf.Pdf], None], hidden: bool) -> None:
    mode = pikepdf.ObjectStreamMode.generate if hidden else pikepdf.ObjectStreamMode.disable
    assert JUDGE(MediaType.PDF, files.pdf(change, object_stream_mode=mode)) is Refusal.ACTIVE_CONTENT


@pytest.mark.parametrize(
    ("media_type", "content", "refusal"),
    [
        (MediaType.PDF, files.pdf(encryption=pikepdf.Encryption(owner="o", user="u")), Refusal.ENCRYPTED),
        (MediaType.PDF, files.pdf(encryption=pikepdf.Encryption(owner="o", user="")), Refusal.ENCRYPTED),
        (MediaType.PDF, files.pdf(pages=MOST_PAGES + 1), Refusal.TOO_MANY_PAGES),
        (MediaType.PDF, files.pdf() + files.zipped(), Refusal.DATA_AFTER_THE_END),
        (MediaType.PDF, files.pdf()[:-40], Refusal.UNREADABLE),
        (MediaType.PDF, b"%PDF-1.7\n%%EOF\n", Refusal.UNREADABLE),
        (MediaType.PDF, b"\n" + files.pdf(), Refusal.ANOTHER_TYPE),
        (MediaType.PDF, files.picture(), Refusal.ANOTHER_TYPE),
        (MediaType.JPEG, files.picture("PNG"), Refusal.ANOTHER_TYPE),
        (MediaType.JPEG, files.picture("GIF", mode="L"), Refusal.ANOTHER_TYPE),
        (MediaType.PNG, files.pdf(), Refusal.ANOTHER_TYPE),
        (MediaType.JPEG, b"\xff\xd8\xff", Refusal.UNREADABLE),
        (MediaType.JPEG, files.picture(size=(400, 400))[:-600], Refusal.UNREADABLE),
        (MediaType.PNG, png_that_claims(50_000, 50_000), Refusal.TOO_MANY_PIXELS),
        (MediaType.PNG, png_that_claims(4_900, 4_900), Refusal.UNREADABLE),
    ],
    ids=range(15),
)
def test_what_cannot_be_shown_to_an_officer_is_refused_with_the_reason(
    media_type: MediaType, content: bytes, refusal: Refusal
) -> None:
    assert JUDGE(media_type, content) is refusal


def test_the_largest_picture_that_is_taken_can_be_looked_into_and_nothing_takes_more_memory() -> None:
    page = files.picture("PNG", size=(5_000, 5_000), mode="RGBA")
    assert opened(JUDGE(MediaType.PNG, page)).size == (5_000, 5_000)
    assert ChildJudge(most_memory_bytes=200 * 1024 * 1024)(MediaType.PNG, page) is Refusal.UNREADABLE


def test_every_refusal_says_what_to_do_in_both_languages() -> None:
    assert set(REFUSALS) == set(Refusal)
    for said in REFUSALS.values():
        assert said.en.count(".") >= 2, said.en
        assert said.hi.count("।") >= 2, said.hi
