"""A certificate as a Verifiable Credential, checked by a library that is not ours, over what anybody can read."""

import base64
import gzip
import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from openvc.did.base import parse_did_document
from openvc.proof.di_jcs import EddsaJcsProofSuite
from openvc.status import check_credential_status
from tests.service.test_revocations import CONFIRMED, proposed, second
from tests.support.builders import jwk, signing_key
from tests.support.forms import ORDINARY
from tests.support.world import World, json_of, problem, read
from werkzeug.test import TestResponse

from certificates.adapters.mongo.certificates import ENDINGS, PLACES
from certificates.adapters.mongo.status_places import MongoStatusPlaces
from certificates.domain.certificates.credential import LIST_BITS, StatusPlace
from servicekit.keys import read_signing_key
from servicekit.mongo import Mongo

ADDRESS = "https://emitra.example"
SEX = {"entry": "sex", "stands": "female", "should_be": "Male"}


@pytest.fixture
def world(mongo: Mongo) -> World:
    return World.over(mongo, PUBLIC_ADDRESS=ADDRESS)


def read_publicly(world: World, address: str, **conditions: str) -> TestResponse:
    """Whatever a credential names is read without a token, at the platform's own address."""
    assert address.startswith(f"{ADDRESS}/v1/")
    return world.anybody().get(address.removeprefix(ADDRESS), **conditions)


class Resolver:
    """did:web: the DID's last parts are a path."""

    def __init__(self, world: World) -> None:
        self.world = world

    def resolve(self, did: str) -> Any:
        host, *path = did.removeprefix("did:web:").split(":")
        document = json_of(read_publicly(self.world, f"https://{host}/{'/'.join(path)}/did.json"), 200)
        assert document["id"] == did
        return parse_did_document(document)


def verified(world: World, document: dict[str, Any]) -> dict[str, Any]:
    return EddsaJcsProofSuite().verify(document, resolver=Resolver(world)).credential


def revoked_by_the_list(world: World, credential: dict[str, Any]) -> bool:
    def resolve(address: str) -> dict[str, Any]:
        return verified(world, json_of(read_publicly(world, address), 200))

    return check_credential_status(credential, resolve_status_list=resolve).revoked


def path_of(certificate: dict[str, Any]) -> str:
    return f"/v1/certificates/{certificate['certificate_id']}/credential"


def credential_of(world: World, certificate: dict[str, Any]) -> dict[str, Any]:
    answer = world.kiosk().get(path_of(certificate))
    assert answer.content_type == "application/vc"
    assert answer.headers["Cache-Control"] == "private, no-store"
    return verified(world, json_of(answer, 200))


def list_of(world: World, credential: dict[str, Any], **conditions: str) -> TestResponse:
    return read_publicly(world, credential["credentialStatus"]["statusListCredential"], **conditions)


def test_a_credential_says_what_the_paper_says_and_no_more(world: World) -> None:
    certificate = world.issued()
    credential = credential_of(world, certificate)
    paper = read(certificate["document"])
    subject = credential["credentialSubject"]
    assert subject["number"] == certificate["certificate_number"]
    assert {name: subject[name] for name in ("uri", "holder", "district", "signed_by")} == {
        name: paper[name] for name in ("uri", "holder", "district", "signed_by")
    }
    assert set(subject) == (set(paper) - {"iss", "issued_on", "valid_until", "type", "title"}) | {
        "application_type", "name"
    }  # fmt: skip
    assert credential["validFrom"][:10] <= certificate["issued_on"]
    assert "validUntil" not in credential


def test_a_credential_is_valid_to_the_end_of_the_last_day_in_india(world: World) -> None:
    application = world.awaiting_decision("income", applicant=ORDINARY["income"])
    decided = json_of(world.officer().decide(application["application_id"]), 201)
    certificate = world.certificate(decided["certificate_id"])
    assert credential_of(world, certificate)["validUntil"] == f"{certificate['valid_until']}T18:29:59Z"


def test_a_revocation_is_in_the_list_at_once(world: World) -> None:
    certificate, other = world.issued(), world.issued()
    credential, others = credential_of(world, certificate), credential_of(world, other)
    assert not revoked_by_the_list(world, credential)
    json_of(second(world).post(f"/v1/revocations/{proposed(world, certificate)}/decisions", CONFIRMED), 201)
    assert revoked_by_the_list(world, credential)
    assert not revoked_by_the_list(world, others)
    assert problem(world.kiosk().get(path_of(certificate)), 409)["code"] == "certificate-ended"


def test_a_superseded_one_is_in_the_list_at_once_and_the_new_one_is_not(world: World) -> None:
    old = world.born()
    credential = credential_of(world, old)
    decided = json_of(world.registrar().decide(world.correction(old, SEX)), 201)
    assert revoked_by_the_list(world, credential)
    assert not revoked_by_the_list(world, credential_of(world, world.certificate(decided["certificate_id"])))


def test_what_the_release_before_ends_is_in_the_list_too(world: World) -> None:
    """It runs beside this one for a while, and names no place in an ending."""
    certificate = world.issued()
    credential = credential_of(world, certificate)
    json_of(second(world).post(f"/v1/revocations/{proposed(world, certificate)}/decisions", CONFIRMED), 201)
    world.mongo.db[ENDINGS].update_many({}, {"$unset": {"status_list": True, "status_index": True}})
    assert revoked_by_the_list(world, credential)


def test_what_ended_before_anybody_asked_gets_no_credential(world: World) -> None:
    certificate = world.issued()
    json_of(second(world).post(f"/v1/revocations/{proposed(world, certificate)}/decisions", CONFIRMED), 201)
    assert problem(world.kiosk().get(path_of(certificate)), 409)["code"] == "certificate-ended"
    assert MongoStatusPlaces(world.mongo, secrets.randbelow).of(certificate["certificate_id"]) is None


def test_a_list_is_kept_for_less_than_a_minute_and_has_another_tag_when_a_bit_is_another(world: World) -> None:
    certificate = world.issued()
    credential = credential_of(world, certificate)
    first = list_of(world, credential)
    assert first.headers["Cache-Control"] == "public, max-age=30"
    assert json_of(first, 200)["credentialSubject"]["ttl"] == 60_000
    tag = first.headers["ETag"]
    assert list_of(world, credential, **{"If-None-Match": tag}).status_code == 304
    json_of(second(world).post(f"/v1/revocations/{proposed(world, certificate)}/decisions", CONFIRMED), 201)
    changed = list_of(world, credential, **{"If-None-Match": tag})
    assert (changed.status_code, changed.headers["ETag"] == tag) == (200, False)


def test_a_list_has_131072_bits_and_one_purpose(world: World) -> None:
    subject = json_of(list_of(world, credential_of(world, world.issued())), 200)["credentialSubject"]
    encoded = subject["encodedList"]
    assert (encoded[0], subject["statusPurpose"]) == ("u", "revocation")
    bits = gzip.decompress(base64.urlsafe_b64decode(encoded[1:] + "=" * (-len(encoded[1:]) % 4)))
    assert (len(bits) * 8, any(bits)) == (131_072, False)


def test_a_credential_of_before_is_verified_after_the_key_was_followed_by_another(mongo: Mongo, world: World) -> None:
    certificate = world.issued()
    before = credential_of(world, certificate)
    retired = json.dumps({"keys": [read_signing_key(jwk()).as_dict(private=False)]})
    rotated = World.over(
        mongo,
        PUBLIC_ADDRESS=ADDRESS,
        CERTIFICATE_SIGNING_KEY=jwk(signing_key()),
        CERTIFICATE_RETIRED_KEYS=retired,
    )
    assert verified(rotated, before) == before
    after = credential_of(rotated, certificate)
    assert after["proof"]["verificationMethod"] != before["proof"]["verificationMethod"]
    assert after["credentialStatus"] == before["credentialStatus"], "its place is the same for ever"
    assert list_of(rotated, after).headers["ETag"] != list_of(world, before).headers["ETag"]


def test_a_credential_is_given_to_who_may_read_the_certificate_only(world: World) -> None:
    path = path_of(world.issued())
    assert world.officer().get(path).status_code == 200
    assert problem(world.kiosk("ksk_RJ10200002").get(path), 404)["code"] == "certificate-not-found"
    assert world.anybody().get(path).status_code == 401


@pytest.mark.parametrize(
    "name", ["revocation-2", "revocation-0", "revocation-01", "suspension-1", "revocation-1000000", "x"]
)
def test_a_list_that_there_is_not_is_told(world: World, name: str) -> None:
    assert problem(world.anybody().get(f"/v1/certificate-status-lists/{name}"), 404)["code"] == "status-list-not-found"


def test_without_an_address_there_are_no_credentials_and_all_else_goes_on(mongo: Mongo) -> None:
    world = World.over(mongo)
    certificate = world.issued()
    assert problem(world.kiosk().get(path_of(certificate)), 409)["code"] == "credentials-not-offered"
    for path in ("/v1/certificate-issuer/did.json", "/v1/certificate-status-lists/revocation-1"):
        assert problem(world.anybody().get(path), 409)["code"] == "credentials-not-offered"


def test_two_who_ask_at_once_get_one_place(world: World) -> None:
    places = MongoStatusPlaces(world.mongo, secrets.randbelow)
    with ThreadPoolExecutor(8) as threads:
        drawn = set(threads.map(lambda _: places.of("crt_1"), range(16)))
    assert len(drawn) == 1
    assert world.mongo.db[PLACES].count_documents({}) == 1


def test_a_bit_that_is_taken_is_drawn_again_and_a_full_list_is_followed_by_another(mongo: Mongo) -> None:
    draws = iter([7, 7, 9, 7, 7, 9, 9, 7])
    places = MongoStatusPlaces(mongo, lambda below: next(draws) if below == LIST_BITS else -1)
    drawn = [places.of(f"crt_{n}") for n in range(3)]
    assert drawn == [StatusPlace(1, 7), StatusPlace(1, 9), StatusPlace(2, 7)]
    assert places.of("crt_1") == StatusPlace(1, 9)
    assert (places.ended_in(1), places.ended_in(2), places.ended_in(3)) == ([], [], None)
