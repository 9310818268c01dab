"""The paper of a certificate as a PDF."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock

from certificates.application.certificates.errors import PaperNotPrintable
from certificates.application.certificates.ports import NotPrintable, Papers, Seal
from certificates.application.certificates.read_certificates import CertificateReader
from certificates.application.viewer import Viewer
from certificates.domain.certificates.printed_paper import end_of, printed_paper
from certificates.domain.rulebook import Rulebook

# Whoever prints asks twice or thrice within minutes; a paper has some 40 kB.
PAPERS_KEPT = 100


@dataclass(frozen=True)
class PaperReader:
    """Gives papers, made and sealed when they are asked for, of what was signed. Threads may share it.

    A few are kept in memory, by all that they are made of; nothing depends on it. A seal says when it was made, so the
    bytes of a paper that is made anew are others.
    """

    rulebook: Rulebook
    certificates: CertificateReader
    papers: Papers
    seal: Seal
    _kept: "OrderedDict[str, bytes]" = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def pdf(self, certificate_id: str, viewer: Viewer) -> bytes:
        """The paper; that of an ended certificate says so in large letters.

        Raises CertificateNotFound, CertificateNotTrusted, PaperNotPrintable.
        """
        certificate = self.certificates.get(certificate_id, viewer)
        qr_text, content = self.certificates.signed(certificate)
        paper = printed_paper(
            content, self.rulebook.types[certificate.type_code], certificate.issued_at, end_of(certificate)
        )
        key = hashlib.sha256(f"{paper!r}\n{qr_text}".encode()).hexdigest()
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        try:
            pdf = self.seal(self.papers(paper, qr_text), certificate.document)
        except NotPrintable as error:
            raise PaperNotPrintable(
                "The font of papers has the letters of Hindi and English. Use the certificate's document or its QR."
            ) from error
        with self._lock:
            self._kept[key] = pdf
            while len(self._kept) > PAPERS_KEPT:
                self._kept.popitem(last=False)
        return pdf
