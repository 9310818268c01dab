"""What the portal asks of the platform. All of it is the gateway's public API; nothing here changes anything.

Answers are the API's own members, as its OpenAPI documents name them: the portal has no model of its own to keep equal.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, Protocol

Answer = Mapping[str, Any]


class Platform(Protocol):
    """The platform as seen from outside.

    Every method raises DependencyUnavailable or DependencyTimeout when the gateway has no answer for the portal.
    """

    def application_types(self) -> Sequence[Answer]:
        """What may be applied for, each with today's fee."""

    def application_type(self, code: str) -> Answer | None:
        """One of them with its form, papers, steps and legal basis; None when there is none of this code."""

    def billers(self) -> Sequence[Answer]:
        """Whose bills may be paid."""

    def service_charges(self) -> Answer:
        """What is paid beside a bill today (`on`): `items` by kind of bill; its `charge` is None where it is unset."""

    def districts(self) -> Sequence[Answer]:
        """The districts, with their names and the positions of their headquarters."""

    def pin_places(self, pin: str) -> Answer:
        """`items`, the districts of a PIN code, none when its area is not known and `note` says so; its `pin_area`."""

    def nearest_centres(self, latitude: float, longitude: float, count: int) -> Answer:
        """`items`, the centres nearest to a place, the closest first; `note` where there are fewer than `count`."""

    def transaction(self, token: str) -> Answer | None:
        """How far a payment or an application is, in words of both languages; None when nothing has this token."""

    def verification_of_text(self, text: str) -> Answer:
        """Whether `text`, of a certificate's QR or of a signed certificate, is ours, unchanged and in force."""

    def verification_of_pdf(self, pdf: bytes) -> Answer:
        """Whether `pdf`, which may be any bytes, is the paper of a certificate, as we sealed it and in force."""

    def verification_of_number(self, number: str, issued_on: date) -> Answer | None:
        """Whether there is such a certificate of that day, in force; None when no certificate can have the number."""


class Unreadable(StrEnum):
    """Why nothing can be read from what should be a picture."""

    NO_PICTURE = "no-picture"
    TOO_MANY_PIXELS = "too-many-pixels"


class QrPictures(Protocol):
    """Reads QRs from pictures. Nothing of a picture is kept."""

    def texts(self, picture: bytes) -> Sequence[str] | Unreadable:
        """The texts of all QRs in a PNG or JPEG picture, each once, or why there are none to look for.

        Whatever the bytes are, the only error is DependencyUnavailable, when too many pictures are read already.
        """
