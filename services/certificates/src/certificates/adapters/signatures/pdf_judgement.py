"""Reads the document inside a PDF that somebody shows, in a process of its own that may not have much memory or time.

`python -I -m certificates.adapters.signatures.pdf_judgement TRUSTED` reads the PDF from standard input. TRUSTED is a
JSON list of the fingerprints (SHA-256 of the SubjectPublicKeyInfo) of keys that seal. It writes the document and ends
with 0, or the name of an error of the port, and ends with 3. Whatever ends it otherwise is no certificate to who asked.
"""

import hashlib
import io
import json
import re
import resource
import sys
from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import EmbeddedPdfSignature

MOST_MEMORY_BYTES = 512 * 1024 * 1024
MOST_CPU_SECONDS = 15
REFUSED = 3
_RANGES = re.compile(rb"/ByteRange *\[ *0 +\d{1,9} +(\d{1,9}) +(\d{1,9}) *\]")
NOT_A_CERTIFICATE, SIGNATURE_INVALID, UNKNOWN_KEY = "NotACertificate", "SignatureInvalid", "UnknownKey"


class Refused(Exception):
    """`args[0]` is the name of the error."""


def document_in(pdf: bytes, trusted: Collection[str]) -> str:
    """The document under one of our seals. Raises Refused, and whatever the library does with broken files.

    Nothing may follow our seal but what keeps it readable for longer: time-stamps, and what validates them (PAdES-LTA).
    """
    # Only the child needs them.
    from pyhanko.pdf_utils.reader import PdfFileReader  # noqa: PLC0415

    from certificates.adapters.signatures.pdf_signing import OURS, PIECE_INFO, PRIVATE  # noqa: PLC0415

    reader = PdfFileReader(io.BytesIO(pdf))
    if reader.encrypted:
        raise Refused(NOT_A_CERTIFICATE)
    seals = reader.embedded_regular_signatures
    if not seals:
        raise Refused(NOT_A_CERTIFICATE)
    seal = seals[0]
    if hashlib.sha256(seal.signer_cert.public_key.dump()).hexdigest() not in trusted:
        raise Refused(UNKNOWN_KEY)
    if not (_as_we_write_it(pdf, seal) and _whole(reader, seal, len(seals))):
        raise Refused(SIGNATURE_INVALID)
    root = reader.get_historical_root(seal.signed_revision)
    return str(root[PIECE_INFO][OURS][PRIVATE])


def judged(pdf: bytes, trusted: Collection[str]) -> str:
    """As `document_in`, and of a file that the library cannot read whether it was a paper of ours."""
    try:
        return document_in(pdf, trusted)
    except Refused:
        raise
    except Exception as error:
        raise Refused(SIGNATURE_INVALID if added_behind(pdf, trusted) else NOT_A_CERTIFICATE) from error


def added_behind(pdf: bytes, trusted: Collection[str]) -> bool:
    """Whether a file that nobody can read begins with a whole paper of ours."""
    ranges = next(_RANGES.finditer(pdf), None)
    end = int(ranges[1]) + int(ranges[2]) if ranges else 0
    try:
        return 0 < end < len(pdf) and bool(document_in(pdf[:end], trusted))
    except Exception:  # noqa: BLE001 - whatever the library does with a broken file
        return False


def _as_we_write_it(pdf: bytes, seal: "EmbeddedPdfSignature") -> bool:
    """The seal itself is what no seal covers: its digits, and the zeros behind them, may be no others either."""
    _, start, end, _ = (int(number) for number in seal.byte_range)
    content = seal.pkcs7_content
    # A DER sequence with two or more octets of length (X.690, 8.1.3): what is behind it fills the place.
    octets = content[1] & 0x7F
    used = 2 + octets + int.from_bytes(content[2 : 2 + octets])
    return pdf[start:end] == b"<" + content.hex().upper().encode() + b">" and not any(content[used:])


def _whole(reader: "PdfFileReader", seal: "EmbeddedPdfSignature", seals: int) -> bool:
    from pyhanko.pdf_utils.misc import PdfError  # noqa: PLC0415
    from pyhanko.sign.diff_analysis import ModificationLevel  # noqa: PLC0415
    from pyhanko.sign.validation import validate_pdf_signature  # noqa: PLC0415
    from pyhanko.sign.validation.errors import SignatureValidationError  # noqa: PLC0415
    from pyhanko.sign.validation.status import SignatureCoverageLevel  # noqa: PLC0415
    from pyhanko_certvalidator import ValidationContext  # noqa: PLC0415

    # The key is trusted because it is ours; whose certificate it is under does not count here.
    context = ValidationContext(trust_roots=[seal.signer_cert], allow_fetching=False)
    try:
        status = validate_pdf_signature(seal, context)
        last = reader.embedded_signatures[-1].evaluate_signature_coverage()
    except (PdfError, SignatureValidationError, ValueError, KeyError, TypeError, IndexError):
        return False  # a seal of ours, and what it lies on cannot be read: somebody changed it
    untouched = status.modification_level in {ModificationLevel.NONE, ModificationLevel.LTA_UPDATES}
    whole = last is SignatureCoverageLevel.ENTIRE_FILE
    return bool(status.intact and status.valid and untouched and whole and seals == 1)


def main() -> int:
    """Judges standard input."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_SECONDS, MOST_CPU_SECONDS))
    try:
        sys.stdout.write(judged(sys.stdin.buffer.read(), json.loads(sys.argv[1])))
    except Refused as error:
        sys.stdout.write(error.args[0])
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main())
