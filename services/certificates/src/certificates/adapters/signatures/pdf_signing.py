"""Seals a PDF, as PAdES has it (ETSI EN 319 142-1). Imported when the first one is sealed: its library is large.

The signed document lies in the PDF as private data of a program (ISO 32000-1, 14.5), under the seal with all else.
"""

import io
from datetime import UTC, datetime

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.generic import DictionaryObject, pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

PIECE_INFO, OURS, PRIVATE = "/PieceInfo", "/EMitra", "/Private"
FIELD = "Seal"
# Of a key without an authority: from before the first certificate, and without an end (RFC 5280, 4.1.2.5).
_FROM, _WITHOUT_END = datetime(2026, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


def own_signer(key: Ed25519PrivateKey) -> SimpleSigner:
    """Seals with the key that signs documents, under a certificate that it signs itself: the same each time."""
    return SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(own_certificate(key)),
        signing_key=asn1_keys.PrivateKeyInfo.load(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())),
        cert_registry=SimpleCertificateStore(),
    )


def own_certificate(key: Ed25519PrivateKey) -> bytes:
    """In DER. It names nobody but the platform, and says nothing that the key set does not."""
    public = key.public_key()
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "IN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Government of Rajasthan"),
            x509.NameAttribute(NameOID.COMMON_NAME, "e-Mitra"),
        ]
    )
    raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    signs_only = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(int.from_bytes(raw[:16]) or 1)
        .not_valid_before(_FROM)
        .not_valid_after(_WITHOUT_END)
        .add_extension(signs_only, critical=True)
    )
    return builder.sign(key, None).public_bytes(Encoding.DER)


def sealed(pdf: bytes, document: str, signer: SimpleSigner) -> bytes:
    """The PDF with the document in it and the seal over all of it, added behind what there was."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    at = pdf_string(f"{datetime.now(UTC):D:%Y%m%d%H%M%SZ}")
    ours = DictionaryObject({pdf_name("/LastModified"): at, pdf_name(PRIVATE): pdf_string(document)})
    writer.root[PIECE_INFO] = DictionaryObject({pdf_name(OURS): ours})
    writer.update_root()
    # Ed25519 in CMS goes with SHA-512 (RFC 8419); others are content with it.
    metadata = PdfSignatureMetadata(field_name=FIELD, md_algorithm="sha512", subfilter=SigSeedSubFilter.PADES)
    signed = PdfSigner(metadata, signer=signer).sign_pdf(writer)
    return bytes(signed.getvalue())
