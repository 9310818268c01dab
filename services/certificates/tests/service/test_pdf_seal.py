"""The seal on a paper, and every way in which somebody may have changed one."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pyhanko.pdf_utils.generic import DictionaryObject, NumberObject, pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
from tests.support import files
from tests.support.builders import jwk, signing_key

from certificates.adapters.signatures import pdf_judgement
from certificates.adapters.signatures.pdf_judgement import MOST_MEMORY_BYTES, Refused, judged
from certificates.adapters.signatures.pdf_seal import PdfSeal, SealedPdfs
from certificates.adapters.signatures.pdf_signing import own_signer
from certificates.application.certificates.ports import NotACertificate, SignatureInvalid, UnknownKey
from servicekit.keys import read_signing_key

KEY, OTHER_KEY = read_signing_key(jwk()), read_signing_key(jwk(signing_key()))
DOCUMENT = "eyJ.eyJ.c2ln"
PLAIN = files.pdf()
SEALED = PdfSeal(KEY)(PLAIN, DOCUMENT)
SHOWN = SealedPdfs([KEY])


def with_another_document(pdf: bytes) -> bytes:
    """An incremental update that puts another certificate's document into a sealed paper."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    ours = DictionaryObject({pdf_name("/Private"): pdf_string("eyJ.other.c2ln")})
    writer.root["/PieceInfo"] = DictionaryObject({pdf_name("/EMitra"): ours})
    writer.update_root()
    changed = io.BytesIO()
    writer.write(changed)
    return changed.getvalue()


def with_a_page_that_says_something_else(pdf: bytes) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    kids = writer.root["/Pages"]["/Kids"]
    kids[0]["/Rotate"] = NumberObject(90)
    writer.mark_update(kids.raw_get(0))
    changed = io.BytesIO()
    writer.write(changed)
    return changed.getvalue()


def with_another_seal(pdf: bytes) -> bytes:
    signer = own_signer(Ed25519PrivateKey.generate())
    metadata = PdfSignatureMetadata(field_name="Second", md_algorithm="sha512")
    return bytes(PdfSigner(metadata, signer=signer).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf))).getvalue())


def saved_anew(pdf: bytes, **saving: Any) -> bytes:
    written = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.save(written, **saving)
    return written.getvalue()


def refusal(pdf: bytes, trusted: str | None = None) -> str:
    """What the process says of it, without a process: an error of the library is no certificate."""
    try:
        judged(pdf, json.loads(trusted or SHOWN.trusted))
    except Refused as error:
        return str(error.args[0])
    return "accepted"


def test_the_document_under_a_seal_is_read_by_a_process_of_its_own() -> None:
    assert SHOWN.document(SEALED) == DOCUMENT


def test_a_paper_that_an_earlier_key_sealed_is_read_as_long_as_the_key_is_trusted() -> None:
    assert SealedPdfs([OTHER_KEY, KEY]).document(SEALED) == DOCUMENT
    with pytest.raises(UnknownKey):
        SealedPdfs([OTHER_KEY]).document(SEALED)


@pytest.mark.parametrize(
    "change",
    [
        with_another_document,
        with_a_page_that_says_something_else,
        with_another_seal,
        lambda pdf: pdf.replace(b"c2ln", b"c2lm"),
        lambda pdf: pdf + b"\n%%EOF",
        lambda pdf: pdf + files.zipped(),
        lambda pdf: pdf + b"\0" * 100,
    ],
    ids=["another document", "another page", "another seal on it", "a letter", "an end", "a zip behind it", "zeros"],
)  # fmt: skip
def test_whatever_is_changed_or_added_is_forged(change: Callable[[bytes], bytes]) -> None:
    changed = change(SEALED)
    assert changed != SEALED
    assert refusal(changed) == "SignatureInvalid"


def test_no_changed_byte_is_overlooked() -> None:
    assert refusal(SEALED) == "accepted"
    accepted = []
    for place in range(0, len(SEALED), 61):
        for bit in (1, 0x20):  # the latter makes another letter case
            changed = SEALED[:place] + bytes([SEALED[place] ^ bit]) + SEALED[place + 1 :]
            if refusal(changed) == "accepted":
                accepted.append((place, SEALED[place - 20 : place + 20]))
    assert accepted == []


@pytest.mark.parametrize(
    "pdf",
    [
        b"",
        b"%PDF-",
        b"%PDF-1.7 /ByteRange",
        PLAIN,
        b"\xff\xd8\xff" + SEALED,
        files.zipped() + SEALED,
        files.pdf(files.with_script_on_opening),
        files.picture(),
        saved_anew(SEALED, encryption=pikepdf.Encryption(owner="x", user="")),
        saved_anew(SEALED, encryption=pikepdf.Encryption(owner="x", user="y")),
        SEALED[: len(SEALED) // 2],
    ],
    ids=["nothing", "a beginning", "words", "no seal", "a picture first", "a zip first", "a script", "a picture",
         "encrypted", "with a password", "half"],
)  # fmt: skip
def test_what_is_no_paper_of_ours_is_not_a_certificate(pdf: bytes) -> None:
    with pytest.raises((NotACertificate, SignatureInvalid)) as raised:
        SHOWN.document(pdf)
    assert raised.type is NotACertificate


def test_a_bomb_takes_its_own_process_only() -> None:
    """A cross-reference stream that unpacks to more than the process may have, in a file that looks sealed."""
    zeros = files.deflated_zeros(MOST_MEMORY_BYTES + (64 << 20))
    start = len(b"%PDF-1.7\n")
    body = (
        b"%PDF-1.7\n1 0 obj\n<</Type/XRef/Size 2/W[1 2 1]/Filter/FlateDecode/ByteRange[0 1 2 3]/Length "
        + str(len(zeros)).encode()
        + b">>\nstream\n"
        + zeros
        + b"\nendstream\nendobj\nstartxref\n"
        + str(start).encode()
        + b"\n%%EOF"
    )
    with pytest.raises(NotACertificate):
        SHOWN.document(body)


def test_the_process_says_nothing_but_its_verdict() -> None:
    child = subprocess.run(
        [sys.executable, "-I", "-m", pdf_judgement.__name__, "[]"], input=SEALED, capture_output=True, check=False
    )
    assert (child.returncode, child.stdout) == (pdf_judgement.REFUSED, b"UnknownKey")


def test_poppler_finds_the_seal_and_that_it_covers_all(tmp_path: Path) -> None:
    """It knows no Ed25519, so that whether the seal is right it cannot say."""
    paper = tmp_path / "paper.pdf"
    paper.write_bytes(SEALED)
    told = subprocess.run(["pdfsig", "-nocert", str(paper)], capture_output=True, check=False).stdout.decode()
    assert "Signature Type: ETSI.CAdES.detached" in told
    assert "Total document signed" in told
