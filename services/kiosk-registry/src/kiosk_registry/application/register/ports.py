"""What the use cases need of the outside."""

from collections.abc import Sequence
from typing import Protocol

from kiosk_registry.domain.lsps.lsp import Lsp
from kiosk_registry.domain.places.districts import District
from kiosk_registry.domain.register.centres import Centre


class Register(Protocol):
    """Where districts and centres are kept."""

    def put_districts(self, districts: Sequence[District]) -> None:
        """Keeps the districts' facts, replacing those of the same codes. Safe to repeat."""

    def count(self, first_id: str, last_id: str) -> int:
        """How many centres have ids from `first_id` to `last_id`, both included."""

    def add(self, centres: Sequence[Centre]) -> int:
        """Keeps those centres that are not there yet and returns how many; never changes one that is there.

        Not one transaction: after a kill some are kept and some are not, and a repeat adds the rest.
        """

    def approve(self, centres: Sequence[Centre], event_ids: Sequence[str], request_id: str) -> int:
        """As `add`, and raises `kiosk.approved.v1` for each centre added, in one transaction for all of them."""


class Providers(Protocol):
    """Where the LSPs are kept."""

    def put_missing(self, lsps: Sequence[Lsp]) -> None:
        """Keeps those that are not there yet, and changes none. Safe to repeat."""
