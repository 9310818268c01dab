"""Looks into one file that a stranger made, in a process of its own that may not have much memory or time.

`python -I -m certificates.adapters.attachments.judgement MEDIA_TYPE MOST_MEMORY_BYTES` reads the file from standard
input, writes what is to be kept to standard output and ends with 0; for a file that is refused it writes the reason
instead and ends with 3. Whatever ends it otherwise (a bomb, a fault of a library) is for its parent an unreadable file.
"""

import io
import resource
import sys
from typing import Any

import pikepdf
from PIL import Image, ImageOps

from certificates.domain.attachments.attachment import MOST_BYTES, MediaType, Refusal

MOST_CPU_SECONDS = 15
MOST_PIXELS = 25_000_000  # A4 at 500 dpi; a telephone's camera
MOST_PAGES = 50
REFUSED = 3
# ISO 32000-1: 12.6.4 (actions that leave the page), 12.5.6 (annotations that play or carry files), 7.11.4, 12.7.8.
_ACTIVE_ACTIONS = {"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToE", "/Rendition", "/Movie", "/Sound"}
_ACTIVE_ANNOTATIONS = {"/RichMedia", "/3D", "/Screen", "/Movie", "/Sound", "/FileAttachment"}
_ACTIVE_MEMBERS = {"/JS", "/JavaScript", "/XFA", "/EmbeddedFiles", "/EF"}
_BEGINNINGS = {MediaType.PDF: b"%PDF-", MediaType.JPEG: b"\xff\xd8\xff", MediaType.PNG: b"\x89PNG\r\n\x1a\n"}
_WHITE_SPACE = b"\0\t\n\f\r "  # ISO 32000-1, 7.2.2


class Refused(Exception):
    """The file is not taken; `args[0]` is the reason."""


def judge(media_type: MediaType, content: bytes) -> bytes:
    """What is to be kept. Raises Refused."""
    if not content.startswith(_BEGINNINGS[media_type]):
        raise Refused(Refusal.ANOTHER_TYPE)
    if media_type is MediaType.PDF:
        _look_into_pdf(content)
        # As it came: saving it anew would break the signature of whoever signed it.
        return content
    return _saved_anew(media_type, content)


def _saved_anew(media_type: MediaType, content: bytes) -> bytes:
    """The picture alone: no position, no camera, no thumbnail of what was cut off, nothing behind its end."""
    kind = media_type.name
    Image.MAX_IMAGE_PIXELS = None  # we count ourselves, before anything is decoded
    try:
        with Image.open(io.BytesIO(content), formats=[kind]) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise Refused(Refusal.TOO_MANY_PIXELS)
            opened.load()
            ImageOps.exif_transpose(opened, in_place=True)
            # What is not in the pixels (position, camera, comments, colour profile) stays behind with `opened`.
            plain = Image.new("L" if opened.mode in {"1", "L"} else "RGB", opened.size, "white")
            if opened.has_transparency_data:
                opaque = opened.convert("RGBA")
                plain.paste(opaque, mask=opaque.getchannel("A"))
            else:
                plain.paste(opened if opened.mode == plain.mode else opened.convert(plain.mode))
    except Refused:
        raise
    except Exception as error:
        raise Refused(Refusal.UNREADABLE) from error
    saved = io.BytesIO()
    plain.save(saved, kind, **({"quality": 85} if media_type is MediaType.JPEG else {"optimize": False}))
    if saved.tell() > MOST_BYTES:
        raise Refused(Refusal.TOO_LARGE)
    return saved.getvalue()


def _look_into_pdf(content: bytes) -> None:
    if not content.rstrip(_WHITE_SPACE).endswith(b"%%EOF"):
        # Behind a cut-off file there is nothing; behind a whole one there is something.
        raise Refused(Refusal.DATA_AFTER_THE_END if b"%%EOF" in content else Refusal.UNREADABLE)
    try:
        with pikepdf.open(io.BytesIO(content), suppress_warnings=True) as pdf:
            if pdf.is_encrypted:
                raise Refused(Refusal.ENCRYPTED)
            if len(pdf.pages) == 0:
                raise Refused(Refusal.UNREADABLE)
            if len(pdf.pages) > MOST_PAGES:
                raise Refused(Refusal.TOO_MANY_PAGES)
            for thing in pdf.objects:
                _refuse_active(thing)
    except Refused:
        raise
    except pikepdf.PasswordError as error:
        raise Refused(Refusal.ENCRYPTED) from error
    except Exception as error:
        raise Refused(Refusal.UNREADABLE) from error


def _refuse_active(thing: Any) -> None:
    """Looks at an object and at all that is written inside it; what it refers to is an object of its own."""
    if isinstance(thing, pikepdf.Array):
        inside = list(thing)
    elif isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
        members = dict(thing.items()) if isinstance(thing, pikepdf.Dictionary) else dict(thing.stream_dict.items())
        if _ACTIVE_MEMBERS & members.keys():
            raise Refused(Refusal.ACTIVE_CONTENT)
        if str(members.get("/S")) in _ACTIVE_ACTIONS or str(members.get("/Subtype")) in _ACTIVE_ANNOTATIONS:
            raise Refused(Refusal.ACTIVE_CONTENT)
        inside = list(members.values())
    else:
        return
    for part in inside:
        if isinstance(part, pikepdf.Object) and not part.is_indirect:
            _refuse_active(part)


def main() -> int:
    """Judges standard input."""
    most_memory_bytes = int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (most_memory_bytes, most_memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_SECONDS, MOST_CPU_SECONDS))
    try:
        sys.stdout.buffer.write(judge(MediaType(sys.argv[1]), sys.stdin.buffer.read()))
    except Refused as error:
        sys.stdout.write(error.args[0].value)
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main())
