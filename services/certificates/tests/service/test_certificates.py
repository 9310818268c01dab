"""Issued certificates: what is on the paper, and who may know what of it."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import KeySet
from tests.support.builders import ADDRESS, BORN, FATHER, NAME, NAME_HI, jwk, signing_key
from tests.support.world import World, json_of, problem, read

from certificates.bootstrap import bootstrap
from certificates.domain.certificates.number import certificate_number
from servicekit.mongo import Mongo
from servicekit.testing import published
from servicekit.tokens import signatures


def verdict(world: World, document: str) -> dict[str, Any]:
    answer = world.anybody().http.post("/v1/certificate-verifications", json={"document": document})
    return json_of(answer, 200)


def test_the_paper_says_what_was_applied_for_and_no_more(world: World) -> None:
    certificate = world.issued()
    content = read(certificate["document"])
    number = certificate["certificate_number"]
    assert re.fullmatch(r"DOM-[0-9A-HJKMNP-TV-Z]{10}-[0-9A-HJKMNP-TV-Z]", number)
    assert content == {
        "iss": "in.gov.rajasthan.emitra",
        "uri": f"in.gov.rajasthan.emitra-DOMICILE-{number.replace('-', '')}",
        "number": number,
        "type": "domicile",
        "title": {"en": "Domicile certificate", "hi": "मूल निवास प्रमाण पत्र"},
        "holder": {"name": NAME, "name_hi": NAME_HI, "father_name": FATHER, "address": ADDRESS},
        "district": {"code": "102", "en": "Jaipur", "hi": "जयपुर"},
        "issued_on": certificate["issued_on"],
        "valid_until": None,
        "signed_by": {"en": "Tehsildar", "hi": "तहसीलदार"},
        "test": True,
    }
    assert BORN not in json.dumps(content)


def test_a_paper_of_the_live_environment_bears_no_test_mark(mongo: Mongo) -> None:
    sandbox = World.over(mongo)
    settings = replace(sandbox.settings, environment="live")
    live = World(mongo, settings, bootstrap(settings, mongo))
    assert "test" not in read(live.issued()["document"])


def test_issuing_tells_the_others_in_the_same_transaction(world: World) -> None:
    certificate = world.issued()
    _, decided, issued = published(world.mongo)
    assert decided["type"] == "org.emitra.application.decided.v1"
    assert issued["type"] == "org.emitra.certificate.issued.v1"
    assert (issued["subject"], issued["sequence"]) == (certificate["certificate_id"], "1")
    assert issued["data"]["certificate_number"] == certificate["certificate_number"]


def test_an_issued_certificate_verifies_publicly_with_the_minimum(world: World) -> None:
    certificate = world.issued()
    assert verdict(world, certificate["document"]) == {
        "valid": True,
        "reason": None,
        "certificate": {
            "certificate_number": certificate["certificate_number"],
            "application_type": "domicile",
            "issued_on": certificate["issued_on"],
            "valid_until": None,
            "district_code": "102",
            "status": "VALID",
            "initials": ["T. C. O."],
        },
    }


def test_an_issued_certificate_verifies_offline_with_the_published_keys(world: World) -> None:
    document = world.issued()["document"]
    answer = world.anybody().http.get("/v1/certificate-keys")
    keys = json_of(answer, 200)
    assert all("d" not in key for key in keys["keys"])
    assert "max-age" in answer.headers["Cache-Control"]
    verified = jws.deserialize_compact(
        document, KeySet.import_key_set({"keys": keys["keys"]}), registry=signatures("EdDSA")
    )
    assert json.loads(verified.payload)["holder"]["name"] == NAME


def test_a_document_with_any_byte_changed_is_not_valid(world: World) -> None:
    document = world.issued()["document"]
    # Every place would take a minute over HTTP; the unit tests change them all.
    places = [*range(0, len(document), 37), len(document) - 1]
    for place in places:
        if document[place] == ".":
            continue
        changed = document[:place] + ("A" if document[place] != "A" else "B") + document[place + 1 :]
        assert verdict(world, changed) == {"valid": False, "reason": "signature-invalid"}, place


@pytest.mark.parametrize("garbage", ["x", "a.b", "....", "eyJ\u0939.a.b", "{}", "a.b.c.d.e", "https://example.com/x"])
def test_garbage_is_not_a_certificate(world: World, garbage: str) -> None:
    assert verdict(world, garbage) == {"valid": False, "reason": "not-a-certificate"}


def test_a_document_is_read_as_it_was_copied(world: World) -> None:
    document = world.issued()["document"]
    wrapped = "\r\n".join(document[at : at + 76] for at in range(0, len(document), 76))
    for copied in (document + "\n", f"  {document}\r\n", wrapped, f"\ufeff{document}\u200b\u00a0"):
        assert verdict(world, copied)["valid"] is True, copied[:10]


def test_a_certificate_that_a_stranger_signed_is_not_valid(mongo: Mongo, world: World) -> None:
    stranger = World.over(mongo, CERTIFICATE_SIGNING_KEY=jwk(signing_key()))
    assert verdict(world, stranger.issued()["document"])["reason"] == "signature-invalid"


def test_a_document_we_signed_but_do_not_know_is_not_valid(world: World) -> None:
    document = world.issued()["document"]
    world.mongo.db["certificates"].delete_many({})
    assert verdict(world, document) == {"valid": False, "reason": "unknown-number"}


def test_a_revoked_certificate_is_not_valid(world: World) -> None:
    document = world.issued()["document"]
    world.mongo.db["certificates"].update_many({}, {"$set": {"status": "REVOKED"}})
    answer = verdict(world, document)
    assert (answer["valid"], answer["reason"], answer["certificate"]["status"]) == (False, "revoked", "REVOKED")


def test_a_certificate_past_its_last_day_is_not_valid(world: World) -> None:
    document = world.issued()["document"]
    yesterday = (datetime.now(UTC) - timedelta(days=2)).date().isoformat()
    world.mongo.db["certificates"].update_many({}, {"$set": {"valid_until": yesterday}})
    answer = verdict(world, document)
    assert (answer["valid"], answer["reason"], answer["certificate"]["status"]) == (False, "expired", "EXPIRED")


def test_a_certificate_signed_with_a_retired_key_stays_valid(mongo: Mongo) -> None:
    old, new = signing_key(), signing_key()
    document = World.over(mongo, CERTIFICATE_SIGNING_KEY=jwk(old, kid="old")).issued()["document"]
    retired = json.dumps({"keys": [{**old.as_dict(private=False), "kid": "old"}]})
    rotated = World.over(mongo, CERTIFICATE_SIGNING_KEY=jwk(new, kid="new"), CERTIFICATE_RETIRED_KEYS=retired)
    assert verdict(rotated, document)["valid"] is True


def test_a_number_that_is_taken_is_replaced_by_another(world: World) -> None:
    draws = iter([1, 1, 2])
    decide = world.service.decide_application
    issue = replace(decide.issue_certificate, random_bits=lambda _bits: next(draws))
    world.service = replace(world.service, decide_application=replace(decide, issue_certificate=issue))

    first, second = world.issued(), world.issued()

    assert first["certificate_number"] == certificate_number("DOM", 1)
    assert second["certificate_number"] == certificate_number("DOM", 2)
    assert read(second["document"])["number"] == second["certificate_number"]


def test_the_database_refuses_a_second_certificate_for_an_application(world: World) -> None:
    certificate = world.issued()
    # As if the compare-and-set had a hole: the application awaits a decision again.
    world.mongo.db["applications"].update_one(
        {"_id": certificate["application_id"]}, {"$set": {"state": "IN_VERIFICATION", "certificate_id": None}}
    )
    assert problem(world.officer().decide(certificate["application_id"]), 409)["code"] == "already-decided"
    assert world.mongo.db["certificates"].count_documents({}) == 1


@pytest.mark.parametrize(
    ("post", "printed"),
    [
        (("Tehsildar", "तहसीलदार"), {"en": "Tehsildar", "hi": "तहसीलदार"}),
        (("Tehsildar", "तहसीलदार, सांगानेर"), {"en": "Tehsildar", "hi": "तहसीलदार, सांगानेर"}),
        (("Tehsildar", None), {"en": "Tehsildar", "hi": "Tehsildar"}),
    ],
)
def test_a_certificate_names_the_post_of_the_officer_who_approved_the_last_step(
    world: World, post: tuple[str | None, str | None], printed: dict[str, str]
) -> None:
    application_id = world.awaiting_decision()["application_id"]
    decided = json_of(world.officer(post=post).decide(application_id), 201)
    certificate = json_of(world.kiosk().get(f"/v1/certificates/{decided['certificate_id']}"), 200)
    assert read(certificate["document"])["signed_by"] == printed
    assert [line.get("designation") for line in world.history(application_id)[-1:]] == [printed]


def test_a_certificate_is_shown_to_its_centre_and_its_office_only(world: World) -> None:
    path = f"/v1/certificates/{world.issued()['certificate_id']}"
    assert world.kiosk().get(path).status_code == 200
    assert world.officer().get(path).status_code == 200
    strangers = [world.kiosk("ksk_RJ10200002"), world.portal(), world.officer("107"), world.officer(department="water")]
    for stranger in strangers:
        assert problem(stranger.get(path), 404)["code"] == "certificate-not-found"
