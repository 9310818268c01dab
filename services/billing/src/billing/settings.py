"""Everything billing is told from outside; read once at start, every problem reported at once."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from joserfc.jwk import OKPKey
from marshmallow import ValidationError, fields, validate

from billing.domain.payments.pace import Pace
from servicekit.keys import read_retired_keys, read_signing_key
from servicekit.settings import ServiceSettings, setting, web_address


def _is_folder(path: str) -> None:
    if path and not Path(path).is_dir():
        raise ValidationError("Must be a folder.")


def read_timeline_key(text: str) -> OKPKey | None:
    """The key, or None for an empty text: no timelines are told. Raises ValidationError."""
    return read_signing_key(text) if text else None


_positive = validate.Range(min=0, min_inclusive=False)


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings):
    """Billing's own settings beside the common ones."""

    service_name: ClassVar[str] = "billing"

    biller_network_url: str = setting(
        "BILLER_NETWORK_URL", web_address(), "the biller network, e.g. http://biller-network:8000"
    )
    psp_url: str = setting("PSP_URL", web_address(), "the payment service provider, e.g. http://psp:8000")
    biller_callback_secret: str = setting(
        "BILLER_CALLBACK_SECRET",
        fields.String(validate=validate.Length(min=16)),
        "at least 16 characters shared with the biller network, which signs its callbacks with them",
        secret=True,
    )
    biller_callback_url: str = setting(
        "BILLER_CALLBACK_URL",
        web_address(),
        "this service's /callbacks/biller as the biller network reaches it; empty: it is not asked to call back",
        default="",
    )
    timeline_signing_key: str = setting(
        "TIMELINE_SIGNING_KEY",
        fields.String(validate=read_timeline_key),
        "JSON text of the private Ed25519 JWK that signs money timelines; empty: none are told",
        default="",
        needed_live=True,
        secret=True,
    )
    timeline_retired_keys: str = setting(
        "TIMELINE_RETIRED_KEYS",
        fields.String(validate=read_retired_keys),
        "JSON text of the public JWK Set of earlier keys, whose timelines can still be checked",
        default='{"keys":[]}',
    )
    billers_dir: str = setting(
        "BILLERS_DIR",
        fields.String(validate=_is_folder),
        "folder of departments' own biller files, beside those of this service; empty: there are none",
        default="",
    )
    biller_timeout_seconds: float = setting(
        "BILLER_TIMEOUT_SECONDS",
        fields.Float(validate=_positive),
        "longest wait for an answer of the biller network, seconds; then the outcome is found out by inquiry",
        default=10.0,
    )
    psp_timeout_seconds: float = setting(
        "PSP_TIMEOUT_SECONDS",
        fields.Float(validate=_positive),
        "longest wait for an answer of the payment service provider, seconds",
        default=10.0,
    )
    saga_grace_seconds: float = setting(
        "SAGA_GRACE_SECONDS",
        fields.Float(validate=_positive),
        "a payment whose process died is taken over after this, seconds; longer than the slowest call and commit",
        default=30.0,
    )
    first_inquiry_seconds: float = setting(
        "FIRST_INQUIRY_SECONDS",
        fields.Float(validate=_positive),
        "first wait before asking what became of a payment in doubt, seconds; it doubles with each inquiry",
        default=2.0,
    )
    longest_inquiry_seconds: float = setting(
        "LONGEST_INQUIRY_SECONDS",
        fields.Float(validate=_positive),
        "longest wait between two inquiries, seconds",
        default=60.0,
    )
    give_up_unsent_seconds: float = setting(
        "GIVE_UP_UNSENT_SECONDS",
        fields.Float(validate=_positive),
        "a payment that never reached the biller is given back after this, seconds",
        default=900.0,
    )
    in_doubt_deadline_seconds: float = setting(
        "IN_DOUBT_DEADLINE_SECONDS",
        fields.Float(validate=_positive),
        "published time after which people resolve a payment still in doubt, seconds",
        default=86_400.0,
    )

    def pace(self) -> Pace:
        """The saga's times."""
        return Pace(
            grace=timedelta(seconds=self.saga_grace_seconds),
            first_inquiry=timedelta(seconds=self.first_inquiry_seconds),
            longest_inquiry=timedelta(seconds=self.longest_inquiry_seconds),
            give_up_unsent=timedelta(seconds=self.give_up_unsent_seconds),
            deadline=timedelta(seconds=self.in_doubt_deadline_seconds),
        )
