"""Certificates as W3C Verifiable Credentials, and what whoever is shown one looks up: our keys, and who ended."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from certificates.application.certificates.errors import (
    CertificateEnded,
    CredentialsNotOffered,
    StatusListNotFound,
)
from certificates.application.certificates.ports import Proofs, StatusPlaces
from certificates.application.certificates.read_certificates import CertificateReader
from certificates.application.viewer import Viewer
from certificates.domain.certificates.certificate import Status
from certificates.domain.certificates.credential import PURPOSE, credential, status_list

_LIST_ID = re.compile(rf"{PURPOSE}-([1-9][0-9]{{0,5}})", re.ASCII)


@dataclass(frozen=True)
class CredentialReader:
    """Makes credentials when they are asked for, of what was signed, as papers are.

    `proofs` is None where no credentials are offered. `public_address` is where verifiers reach the platform.
    """

    certificates: CertificateReader
    places: StatusPlaces
    proofs: Proofs | None
    public_address: str

    def credential(self, certificate_id: str, viewer: Viewer, at: datetime) -> Mapping[str, Any]:
        """The credential, with a proof made now; its place in a list is the same each time.

        Raises CertificateNotFound, CertificateNotTrusted, CertificateEnded, CredentialsNotOffered.
        """
        certificate = self.certificates.get(certificate_id, viewer)
        proofs = self._offered()
        content = self.certificates.content(certificate)
        place = self.places.of(certificate.id) if certificate.status is Status.VALID else None
        if place is None:
            raise CertificateEnded("It was revoked, or another one stands in its place. Its paper says which.")
        made = credential(content, certificate, proofs.issuer, self._address(place.list_number), place.index)
        return proofs.secured(made, at)

    def status_list(self, list_id: str, at: datetime) -> tuple[int, Mapping[str, Any]]:
        """The list as it is now, with a version that is another whenever a bit or the key is.

        Raises StatusListNotFound, CredentialsNotOffered.
        """
        proofs = self._offered()
        named = _LIST_ID.fullmatch(list_id)
        indexes = self.places.ended_in(int(named[1])) if named else None
        if named is None or indexes is None:
            raise StatusListNotFound("A credential names its list in credentialStatus.")
        made = status_list(indexes, proofs.issuer, self._address(int(named[1])), at)
        seen = hashlib.sha256(f"{proofs.key_id} {indexes}".encode()).digest()
        return int.from_bytes(seen[:7]), proofs.secured(made, at)

    def controller_document(self) -> Mapping[str, Any]:
        """What the issuer's id stands for. Raises CredentialsNotOffered."""
        return self._offered().controller_document()

    def _offered(self) -> Proofs:
        if self.proofs is None:
            raise CredentialsNotOffered("The platform has no public address.")
        return self.proofs

    def _address(self, list_number: int) -> str:
        return f"{self.public_address}/v1/certificate-status-lists/{PURPOSE}-{list_number}"
