"""The vault's routes. A number comes and goes in bodies only, never in an address."""

import secrets
from typing import Any

from identity.application.vault.detokenise_identifier import DetokeniseIdentifier
from identity.application.vault.errors import (
    InvalidIdentifier,
    InvalidPurpose,
    NumberErased,
    OwnerNotGranted,
    PurposeNotGranted,
    ReferenceNotFound,
    VaultClosed,
)
from identity.application.vault.store_identifier import StoreIdentifier
from identity.bootstrap import Identity
from identity.domain.vault.identifiers import Kind
from identity.domain.vault.records import Actor, Reading
from identity.entrypoints.http.vault.schemas import (
    DetokenisationRequestSchema,
    DetokenisationSchema,
    ReadingsPageSchema,
    ReadingsQuerySchema,
    ReferenceSchema,
    StoreRequestSchema,
)
from servicekit.http import Blueprint, Role, application, caller, cursor
from servicekit.ids import public_id
from servicekit.instants import utc_now

REFERENCE_BYTES = 16
_REFERENCE = {
    "in": "path",
    "name": "reference",
    "description": "What stands for the number.",
    "example": "vlt_5c0f1e7a9b3d42688f21c4d07ea935b6",
}

vault = Blueprint("vault", description="Numbers of people: kept here alone, elsewhere a reference stands for them.")


@vault.route("/v1/vault/references", methods=["POST"])
@vault.requires("vault:write", roles=[Role.MACHINE])
@vault.repeatable("the same number gets the same reference")
@vault.raises(InvalidIdentifier, OwnerNotGranted, VaultClosed)
@vault.arguments(StoreRequestSchema, example={"kind": "aadhaar", "number": "0000 0000 0000"})
@vault.response(200, ReferenceSchema)
def store_identifier(body: dict[str, Any]) -> dict[str, Any]:
    """Put a number into the vault

    Gives the reference that stands for it from now on, and how it may be shown. Whether the number was there before
    is not told. Keep the reference and forget the number. With `person_id` the number is that person's, who then sees
    who reads it: say so only after you checked it, with the scope `vault:owners`.
    """
    record = application(Identity).vault.store(
        StoreIdentifier(
            kind=Kind(body["kind"]),
            typed=body["number"],
            reference=new_reference(),
            actor=_actor(),
            at=utc_now(),
            owner_id=body["person_id"],
            scopes=caller().scopes,
        )
    )
    return {"reference": record.reference, "kind": record.kind, "masked": record.masked}


@vault.route("/v1/vault/detokenisations", methods=["POST"])
@vault.requires("vault:reveal", roles=[Role.MACHINE, Role.OFFICER])
@vault.repeatable("a reading changes nothing; each is recorded for itself")
@vault.raises(InvalidPurpose, PurposeNotGranted, ReferenceNotFound, NumberErased, VaultClosed)
@vault.arguments(DetokenisationRequestSchema)
@vault.response(200, DetokenisationSchema)
def detokenise_identifier(body: dict[str, Any]) -> dict[str, Any]:
    """Read a number for a purpose

    The token needs `vault:reveal` and the scope of the purpose, such as `vault-purpose:benefit-transfer`. Client,
    centre, person, purpose and instant are recorded before the number is shown, and the person can see them.
    """
    shown = application(Identity).vault.detokenise(
        DetokeniseIdentifier(
            reference=body["reference"],
            purpose=body["purpose"],
            scopes=caller().scopes,
            reading_id=public_id("rdg"),
            actor=_actor(),
            at=utc_now(),
        )
    )
    return {
        "reference": shown.reading.reference,
        "kind": shown.identifier.kind,
        "number": shown.identifier.number,
        "reading_id": shown.reading.reading_id,
    }


@vault.route("/v1/vault/references/<string:reference>/readings", parameters=[_REFERENCE])
@vault.requires("vault:readings", roles=[Role.MACHINE, Role.OFFICER, Role.AUDITOR])
@vault.raises(ReferenceNotFound)
@vault.arguments(ReadingsQuerySchema, location="query")
@vault.response(200, ReadingsPageSchema)
def list_readings(query: dict[str, Any], reference: str) -> dict[str, Any]:
    """Look who read a number

    Every reading that there ever was, oldest first, also after the number was erased.
    """
    reader = application(Identity).vault.read
    after = cursor().after(query["cursor"], {"reference": reference}, int) or 0
    page = reader.readings_of(reference, after, query["limit"])

    def shown(reading: Reading) -> dict[str, Any]:
        purpose = reader.purpose(reading.purpose)
        return {
            "reading_id": reading.reading_id,
            "purpose": reading.purpose,
            "purpose_title": purpose.title if purpose else reading.purpose,
            "purpose_title_hi": purpose.title_hi if purpose else reading.purpose,
            **vars(reading.actor),
            "at": reading.at,
        }

    return {
        "reference": page.record.reference,
        "kind": page.record.kind,
        "masked": page.record.masked,
        "erased_at": page.record.erasure and page.record.erasure.at,
        "items": [shown(reading) for reading in page.readings],
        "next": page.following and cursor().encode({"reference": reference, "after": page.following}),
    }


def new_reference() -> str:
    """Random, unlike other ids: one that holds an instant would tell when the number was first stored."""
    return f"vlt_{secrets.token_hex(REFERENCE_BYTES)}"


def _actor() -> Actor:
    known = caller()
    return Actor(
        client_id=known.client_id, kiosk_id=known.kiosk_id, person_id=known.person.id if known.person else None
    )
