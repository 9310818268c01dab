"""A certificate as a W3C Verifiable Credential, and the list that tells which of them ended. Before any signature.

Verifiable Credentials Data Model 2.0; Bitstring Status List 1.0.
"""

import base64
import gzip
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from certificates.domain.certificates.certificate import Certificate
from certificates.domain.sla.calendar import IST

# The second one gives words that no vocabulary has, as the fields of the types are, a meaning of their own.
CONTEXTS = ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/undefined-terms/v2"]
# Bitstring Status List 1.0, section 6.1: no list is shorter, so that nobody's place in it tells who they are.
LIST_BITS = 131_072
PURPOSE = "revocation"
# How long a verifier may go on with the list it has.
LIST_TTL = timedelta(minutes=1)
# What the credential's subject has of the paper under another name, because JSON-LD has these two for itself.
_RENAMED = {"type": "application_type", "title": "name"}
_ELSEWHERE = {"iss", "issued_on", "valid_until"}


@dataclass(frozen=True)
class StatusPlace:
    """Where it is told that a certificate ended: the number of a list, from 1 on, and the bit in it."""

    list_number: int
    index: int


def credential(
    content: Mapping[str, Any], certificate: Certificate, issuer: Mapping[str, Any], list_address: str, index: int
) -> dict[str, Any]:
    """The credential without its proof; `content` is that of `certificate.paper`, and nothing is added to it.

    It is valid from the instant of issue to the end of the last day in India.
    """
    made: dict[str, Any] = {
        "@context": CONTEXTS,
        "type": ["VerifiableCredential", "GovernmentCertificate"],
        "issuer": dict(issuer),
        "name": _in_both(content["title"]),
        "validFrom": in_utc(certificate.issued_at),
        "credentialSubject": {
            _RENAMED.get(name, name): value for name, value in content.items() if name not in _ELSEWHERE
        },
        "credentialStatus": {
            "id": f"{list_address}#{index}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": PURPOSE,
            "statusListIndex": str(index),
            "statusListCredential": list_address,
        },
    }
    made["credentialSubject"]["name"] = _in_both(content["title"])
    if content["valid_until"]:
        made["validUntil"] = in_utc(_end_of(date.fromisoformat(content["valid_until"])))
    return made


def status_list(indexes: Iterable[int], issuer: Mapping[str, Any], list_address: str, at: datetime) -> dict[str, Any]:
    """The list's credential without its proof; the bits at `indexes` are 1."""
    return {
        "@context": CONTEXTS[:1],
        "id": list_address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": dict(issuer),
        "validFrom": in_utc(at),
        "credentialSubject": {
            "id": f"{list_address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": PURPOSE,
            "ttl": int(LIST_TTL.total_seconds() * 1000),
            "encodedList": encoded(indexes),
        },
    }


def encoded(indexes: Iterable[int]) -> str:
    """The bits, of which index 0 is the first byte's highest, as GZIP in base64url with its multibase prefix."""
    bits = bytearray(LIST_BITS // 8)
    for index in indexes:
        bits[index // 8] |= 0x80 >> index % 8
    return "u" + base64.urlsafe_b64encode(gzip.compress(bytes(bits), mtime=0)).rstrip(b"=").decode()


def in_utc(at: datetime) -> str:
    """`2026-11-23T05:00:00Z`."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time(23, 59, 59), IST)


def _in_both(label: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"@value": label[language], "@language": language} for language in ("en", "hi")]
