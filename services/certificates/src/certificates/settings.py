"""The settings, which the environment gives."""

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields

from servicekit.keys import read_retired_keys, read_sealing_keys, read_signing_key
from servicekit.settings import ServiceSettings, setting


def read_store_address(text: str) -> str:
    """The address of an S3 bucket, or "" for the service's own database. Raises ValidationError."""
    parts = urlsplit(text)
    loopback = parts.scheme == "http" and parts.hostname == "127.0.0.1"
    bucket = parts.path.strip("/")
    if text and not ((parts.scheme == "https" or loopback) and parts.hostname and bucket and "/" not in bucket):
        raise ValidationError("Must be https://host/bucket, or empty for the service's own database.")
    return text


def read_public_address(text: str) -> str:
    """Where verifiers reach the platform, or "" where there is no such address. Raises ValidationError."""
    parts = urlsplit(text)
    loopback = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost"}
    if text and not ((parts.scheme == "https" or loopback) and text == f"{parts.scheme}://{parts.netloc}"):
        raise ValidationError("Must be https:// and a host, without a path, such as https://emitra.rajasthan.gov.in.")
    return text


@dataclass(frozen=True, kw_only=True)
class CertificatesSettings(ServiceSettings):
    """The settings of the chassis, and this service's own."""

    service_name: ClassVar[str] = "certificates"

    certificate_signing_key: str = setting(
        "CERTIFICATE_SIGNING_KEY",
        fields.String(validate=read_signing_key),
        "JSON text of the private Ed25519 JWK that signs certificates",
        secret=True,
    )
    certificate_retired_keys: str = setting(
        "CERTIFICATE_RETIRED_KEYS",
        fields.String(validate=read_retired_keys),
        "JSON text of the public JWK Set of earlier signing keys, whose certificates stay valid",
        default='{"keys":[]}',
    )
    public_address: str = setting(
        "PUBLIC_ADDRESS",
        fields.String(validate=read_public_address),
        "https:// and the host under which verifiers reach the gateway; credentials name it, so it stays for ever; "
        "empty: no credentials here",
        default="",
        needed_live=True,
    )
    application_types_dir: str = setting(
        "APPLICATION_TYPES_DIR",
        fields.String(),
        "folder with one TOML file per application type; empty: the types shipped with the service",
        default="",
    )
    department_types_dir: str = setting(
        "DEPARTMENT_TYPES_DIR",
        fields.String(),
        "folder with more application types, looked at again while the service runs; empty: none",
        default="",
    )
    attachment_keys: str = setting(
        "ATTACHMENT_KEYS",
        fields.String(validate=read_sealing_keys),
        "JSON text of the JWK Set of 256-bit symmetric keys (kty oct) that seal attachments: the first seals, all "
        "open; empty: no uploads here",
        default="",
        secret=True,
    )
    attachment_store: str = setting(
        "ATTACHMENT_STORE",
        fields.String(validate=read_store_address),
        "https://host/bucket of an S3 store for attachments; empty: the service's own database (GridFS)",
        default="",
    )
    attachment_store_credentials: str = setting(
        "ATTACHMENT_STORE_CREDENTIALS",
        fields.String(),
        "access key and secret key of that store, with a colon between",
        default="",
        secret=True,
    )
