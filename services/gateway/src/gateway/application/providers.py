"""Whose a centre was when: the local service providers, by effective date."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Provider:
    """Whose a centre is from an instant on, until the next."""

    lsp_id: str
    since: datetime


@dataclass(frozen=True)
class Provided:
    """What the register told of one centre."""

    kiosk_id: str
    provider: Provider


def provider_at(providers: Iterable[Provider], at: datetime) -> str | None:
    """Whose the centre was at that instant; None before it was anybody's."""
    begun = [provider for provider in providers if provider.since <= at]
    return max(begun, key=lambda provider: provider.since).lsp_id if begun else None
