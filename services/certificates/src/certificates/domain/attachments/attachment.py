"""A paper that belongs to an application, as a file. It goes from RECEIVING to READY or REFUSED, and never back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from certificates.domain.label import Label

# What a page scanned at 300 dpi needs several times over, and what the gateway hands on in one answer.
MOST_BYTES = 5 * 1024 * 1024
LEAST_PIECE_BYTES = 16 * 1024  # 4 s on a line of 40 kbit/s
MOST_PIECE_BYTES = 256 * 1024
# An upload that nobody finished, or that no application took, is deleted after this.
UNUSED_FOR = timedelta(hours=24)
# Who completes an upload has it alone for this long; then another may, for the first has died.
COMPLETED_WITHIN = timedelta(seconds=60)
LINK_LIFETIME = timedelta(minutes=5)
# A centre that has so many uploads for which there is no application yet has a fault.
MOST_UNUSED_OF_A_CENTRE = 200


class MediaType(StrEnum):
    """What may be attached."""

    PDF = "application/pdf"
    JPEG = "image/jpeg"
    PNG = "image/png"


class State(StrEnum):
    """How far an upload has come."""

    RECEIVING = "RECEIVING"
    READY = "READY"
    REFUSED = "REFUSED"


class Refusal(StrEnum):
    """Why a file is not taken."""

    ANOTHER_TYPE = "another-type"
    UNREADABLE = "unreadable"
    TOO_MANY_PIXELS = "too-many-pixels"
    TOO_MANY_PAGES = "too-many-pages"
    TOO_LARGE = "too-large"
    ENCRYPTED = "encrypted"
    ACTIVE_CONTENT = "active-content"
    DATA_AFTER_THE_END = "data-after-the-end"


# For who uploads: what is wrong, and what to do.
REFUSALS: Mapping[Refusal, Label] = {
    Refusal.ANOTHER_TYPE: Label(
        "The file is not of the type that was named. Name its true type, or save it as PDF, JPEG or PNG.",
        "फ़ाइल बताए गए प्रकार की नहीं है। सही प्रकार बताएँ, या इसे PDF, JPEG या PNG में सहेजें।",
    ),
    Refusal.UNREADABLE: Label(
        "The file cannot be read to its end. Scan or save it again.",
        "फ़ाइल पूरी नहीं पढ़ी जा सकी। इसे दोबारा स्कैन करें या सहेजें।",
    ),
    Refusal.TOO_MANY_PIXELS: Label(
        "The picture has more than 25 million pixels. Scan it at 300 dpi or less.",
        "चित्र में 2.5 करोड़ से अधिक पिक्सेल हैं। इसे 300 डीपीआई या कम पर स्कैन करें।",
    ),
    Refusal.TOO_MANY_PAGES: Label(
        "The PDF has more than 50 pages. Send the pages that are asked for.",
        "PDF में 50 से अधिक पृष्ठ हैं। केवल माँगे गए पृष्ठ भेजें।",
    ),
    Refusal.TOO_LARGE: Label(
        "The picture is larger than 5 MiB when it is saved anew. Scan it at fewer dots per inch.",
        "दोबारा सहेजने पर चित्र 5 MiB से बड़ा है। इसे कम डीपीआई पर स्कैन करें।",
    ),
    Refusal.ENCRYPTED: Label(
        "The PDF is encrypted. Save it without a password.",
        "PDF एन्क्रिप्टेड है। इसे बिना पासवर्ड के सहेजें।",
    ),
    Refusal.ACTIVE_CONTENT: Label(
        "The PDF has a script, a form that acts, or a file inside. Print it to a new PDF, or scan it.",
        "PDF में स्क्रिप्ट, सक्रिय फ़ॉर्म या भीतर कोई फ़ाइल है। इसे नई PDF में प्रिंट करें या स्कैन करें।",
    ),
    Refusal.DATA_AFTER_THE_END: Label(
        "There is something else behind the end of the PDF. Save it again.",
        "PDF के अंत के बाद कुछ और भी है। इसे दोबारा सहेजें।",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """One upload. `sha256` (hex) and `size_bytes` are those of the file as the client has it.

    `stored_bytes` is the size of what is kept, which for a picture is another file: it is saved anew, so that it holds
    a picture and nothing else. `sealed_key` opens it. `code` is the type's name of the paper, once it is attached.
    """

    id: str
    client_id: str
    kiosk_id: str | None
    person_id: str | None
    media_type: MediaType
    size_bytes: int
    sha256: str
    piece_bytes: int
    sealed_key: str
    state: State
    created_at: datetime
    expires_at: datetime | None
    stored_bytes: int | None = None
    refused: Refusal | None = None
    application_id: str | None = None
    code: str | None = None

    @property
    def pieces(self) -> int:
        """How many pieces there are; the last may be shorter than the others."""
        return -(-self.size_bytes // self.piece_bytes)

    def piece_size(self, number: int) -> int:
        """The bytes of piece `number`, from 0."""
        return min(self.piece_bytes, self.size_bytes - number * self.piece_bytes)
