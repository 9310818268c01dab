"""Things that tests begin with; a test says only what it is about."""

import json
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

from joserfc.jwk import OKPKey

from certificates.adapters.rulebook.rulebook_files import load_rulebook
from certificates.application.viewer import Viewer
from certificates.domain.applications.application import Application, ApplicationSubmitted, Change
from certificates.domain.applications.submit import submit
from certificates.domain.attachments.attachment import Attachment, MediaType
from certificates.domain.attachments.attachment import State as UploadState
from certificates.domain.label import Label
from certificates.domain.officers.officer import Officer
from certificates.domain.sla.calendar import WorkingCalendar, civil_date
from certificates.domain.types.application_type import FeeRule
from certificates.settings import CertificatesSettings
from servicekit.access import reach
from servicekit.idempotency import Claim
from servicekit.testing import settings_for

RULEBOOK = load_rulebook()
DOMICILE = RULEBOOK.types["domicile"]
CASTE = RULEBOOK.types["caste"]
BIRTH = RULEBOOK.types["birth"]

SATURDAY, SUNDAY = 5, 6
# A plain week of work, so that a test's dates do not move when a holiday is added to the data.
CALENDAR = WorkingCalendar(frozenset({SATURDAY, SUNDAY}), frozenset(), date(2027, 12, 31))

# A Monday, half past ten in Jaipur.
MONDAY = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
FEE = FeeRule(date(2020, 9, 1), 5000, "APPLICATION_FORM", "Government form fee", "शासकीय आवेदन शुल्क")

NAME, NAME_HI, FATHER, ADDRESS = "Test Citizen One", "परीक्षण नागरिक एक", "Test Father One", "12, Sandbox Marg"
BORN = "1990-08-15"

TEHSILDAR = Officer("per_tehsildar", "officer", "revenue", frozenset({"102"}), Label("Tehsildar", "तहसीलदार"))
SDO = replace(TEHSILDAR, id="per_sdo", designation=Label("Sub-Divisional Officer", "उपखण्ड अधिकारी"))


def viewer_of(client_id: str, kiosk_id: str | None, officer: Officer | None) -> Viewer:
    """A centre's software, a portal's, or an officer."""
    who: dict[str, Any] = {"client_id": client_id, "kiosk_id": kiosk_id}
    if officer is not None:
        who |= {"person_id": officer.id, "department": officer.department, "districts": officer.districts}
    return Viewer(reach("machine" if officer is None else "officer", **who), officer)


def citizen(person_id: str) -> Viewer:
    """Somebody who signed in at the portal."""
    return Viewer(reach("citizen", client_id="cli_portal", person_id=person_id), None)


def signing_key() -> OKPKey:
    """A new key, as `make run` would make one: without a kid."""
    return OKPKey.generate_key("Ed25519")


SIGNING_KEY = signing_key()


def jwk(key: OKPKey = SIGNING_KEY, **changed: Any) -> str:
    """The JSON text of a private JWK."""
    return json.dumps({**key.as_dict(private=True), **changed})


def sealing_keys(*kids: str) -> str:
    """The JSON text of a JWK Set of symmetric keys; those of one `kid` are always the same."""
    keys = [
        {"kty": "oct", "kid": kid, "k": urlsafe_b64encode(sha256(kid.encode()).digest()).decode().rstrip("=")}
        for kid in kids
    ]
    return json.dumps({"keys": keys})


def new_settings(**env: str) -> CertificatesSettings:
    """Settings with keys that only tests use."""
    keys = {"CERTIFICATE_SIGNING_KEY": jwk(), "ATTACHMENT_KEYS": sealing_keys("old")}
    return settings_for(CertificatesSettings, **{**keys, **env})


def an_upload(**changed: Any) -> Attachment:
    """A file that is ready, for a centre's application."""
    members: dict[str, Any] = {
        "id": "att_1",
        "client_id": "cli_kiosk",
        "kiosk_id": "ksk_RJ10200001",
        "person_id": None,
        "media_type": MediaType.PDF,
        "size_bytes": 1000,
        "sha256": "0" * 64,
        "piece_bytes": 16384,
        "sealed_key": "eyJraWQiOiJvbGQifQ.e.e.e.e",
        "state": UploadState.READY,
        "created_at": MONDAY,
        "expires_at": MONDAY + timedelta(days=1),
        **changed,
    }
    return Attachment(**members)


def a_claim(key: str, **changes: Any) -> Claim:
    """A claim that the database keeps: it expires by the real clock."""
    expires_at = datetime.now(UTC) + timedelta(days=30)
    claim = Claim(client_id="cli_kiosk", operation="submit", key=key, fingerprint="same-body", expires_at=expires_at)
    return replace(claim, **changes)


def domicile_form(**changed: Any) -> dict[str, Any]:
    """A form that is acceptable; None leaves a field out."""
    form = {
        "name": NAME,
        "name_hi": NAME_HI,
        "father_name": FATHER,
        "date_of_birth": BORN,
        "address": ADDRESS,
        **changed,
    }
    return {name: value for name, value in form.items() if value is not None}


def birth_form(days_ago: int = 5, today: date | None = None, **changed: Any) -> dict[str, Any]:
    """The report of a birth so many days ago, in time by default; None leaves a field out."""
    born = (today or civil_date(datetime.now(UTC))) - timedelta(days=days_ago)
    form = {
        "sex": "female",
        "date_of_birth": born.isoformat(),
        "place_of_birth": "District Hospital",
        "mother_name": "Test Mother",
        "parents_address": ADDRESS,
        **changed,
    }
    return {name: value for name, value in form.items() if value is not None}


def death_form(days_ago: int = 5, today: date | None = None, **changed: Any) -> dict[str, Any]:
    """The report of a death so many days ago."""
    died = (today or civil_date(datetime.now(UTC))) - timedelta(days=days_ago)
    form = {
        "name": NAME,
        "name_hi": NAME_HI,
        "sex": "male",
        "date_of_death": died.isoformat(),
        "place_of_death": "Test Village",
        "age_years": 70,
        "relative_name": FATHER,
        "address": ADDRESS,
        **changed,
    }
    return {name: value for name, value in form.items() if value is not None}


def marriage_form(**changed: Any) -> dict[str, Any]:
    """A marriage of two adults."""
    form = {
        "husband_name": "Test Husband",
        "husband_name_hi": NAME_HI,
        "husband_date_of_birth": "1990-08-15",
        "husband_address": ADDRESS,
        "wife_name": "Test Wife",
        "wife_name_hi": NAME_HI,
        "wife_date_of_birth": "1992-03-01",
        "wife_address": ADDRESS,
        "married_on": "2019-02-14",
        "place_of_marriage": "Jaipur",
        **changed,
    }
    return {name: value for name, value in form.items() if value is not None}


def income_form(**changed: Any) -> dict[str, Any]:
    """An income declared by a domicile form's applicant."""
    return domicile_form(**{"annual_income_rupees": 90_000, "source_of_income": "labour", **changed})


def caste_form(**changed: Any) -> dict[str, Any]:
    return domicile_form(**{"category": "OBC", "caste": "Test Caste", **changed})


def submitted(application_type: Any = DOMICILE, fee: FeeRule = FEE, **changed: Any) -> Change:
    """A new application, submitted on MONDAY in Jaipur, with members changed as if it had been submitted so."""
    change = submit(
        application_id="app_1",
        transaction_token="EM0",
        application_type=application_type,
        fee=fee,
        district_code="102",
        applicant=domicile_form(),
        client_id="cli_kiosk",
        kiosk_id="ksk_RJ10200001",
        at=MONDAY,
        event_id="evt_1",
        calendar=CALENDAR,
    )
    application = replace(change.application, **changed)
    entry = replace(change.entry, key=f"{application.id}:1", application_id=application.id)
    return Change(application, entry, ApplicationSubmitted("evt_1", application))


def in_verification(application_type: Any = DOMICILE) -> Application:
    """An application whose fee is paid."""
    return submitted(application_type, replace(FEE, paise=0)).application
