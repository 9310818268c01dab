"""Every application type, from outside: the sandbox's own officers issue each, another one at each step."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import product
from typing import Any

import pytest

from tests.e2e.test_journeys import application_when, pay_fee
from tests.support.platform import Client, Platform

IST = timezone(timedelta(hours=5, minutes=30))
YESTERDAY = (datetime.now(UTC).astimezone(IST) - timedelta(days=1)).date().isoformat()
ADDRESS = "12, Sandbox Marg"
APPLICANT = {
    "name": "Sandbox Applicant",
    "name_hi": "सैंडबॉक्स आवेदक",
    "father_name": "Sandbox Father",
    "date_of_birth": "1990-04-01",
    "address": ADDRESS,
}
NAMED = {"name": "Sandbox Applicant", "name_hi": "सैंडबॉक्स आवेदक"}
RECORD = {"register_number": "08SANDBOX00000000001", "event_date": "2015-03-04"}
FORMS: dict[str, dict[str, Any]] = {
    "birth": {
        "sex": "female",
        "date_of_birth": YESTERDAY,
        "place_of_birth": "District Hospital",
        "mother_name": "Sandbox Mother",
        "parents_address": ADDRESS,
    },
    "caste": {**APPLICANT, "category": "OBC", "caste": "Sandbox"},
    "death": {
        "name": "Sandbox Deceased",
        "name_hi": "सैंडबॉक्स मृतक",
        "sex": "male",
        "date_of_death": YESTERDAY,
        "place_of_death": "Jaipur",
        "age_years": 80,
        "relative_name": "Sandbox Relative",
        "address": ADDRESS,
    },
    "character": {**APPLICANT, "police_station": "Sanganer"},
    "employer-registration": {
        "establishment": "Sandbox Works",
        "ownership": "company",
        "registered_number": "SBX 42",
        "contact_name": "Sandbox Manager",
        "contact_name_hi": "सैंडबॉक्स प्रबंधक",
        "address": ADDRESS,
        "workers": 12,
    },
    "extra-copy": {**NAMED, **RECORD, "record_kind": "birth"},
    "job-seeker-registration": {
        **APPLICANT,
        "qualifications": [{"level": "degree", "subject": "Bachelor of Arts", "year_passed": 2011}],
    },
    "name-addition": {**RECORD, "child_name": "Sandbox Child", "child_name_hi": "सैंडबॉक्स बालक"},
    "record-correction": {
        **NAMED,
        **RECORD,
        "record_kind": "birth",
        "corrections": [{"entry": "place", "stands": "Jaypur", "should_be": "Jaipur"}],
    },
    "record-search": {**NAMED, "record_kind": "birth", "event_year": 2015},
    "still-birth": {
        "sex": "female",
        "date_of_still_birth": YESTERDAY,
        "place_of_still_birth": "District Hospital",
        "mother_name": "Sandbox Mother",
        "parents_address": ADDRESS,
    },
    "unemployment-allowance": {
        **NAMED,
        "registration_number": "EMP 7",
        "registered_on": "2025-01-01",
        "unemployed_since": "2025-01-01",
        "in_education": "no",
    },
    "domicile": APPLICANT,
    "income": {**APPLICANT, "annual_income_rupees": 90_000, "source_of_income": "labour"},
    "marriage": {
        "husband_name": "Sandbox Husband",
        "husband_name_hi": "सैंडबॉक्स वर",
        "husband_date_of_birth": "1990-04-01",
        "husband_address": ADDRESS,
        "wife_name": "Sandbox Wife",
        "wife_name_hi": "सैंडबॉक्स वधू",
        "wife_date_of_birth": "1992-04-01",
        "wife_address": ADDRESS,
        "married_on": "2019-02-14",
        "place_of_marriage": "Jaipur",
    },
}


def officers(platform: Platform, step: dict[str, Any], district: str) -> list[dict[str, Any]]:
    """The sandbox's clients whose person may decide the step in the district."""
    posts = [post["en"] for post in step["posts"]]
    return [
        client
        for client in platform.run_info["clients"]
        if "applications:decide" in client["scopes"]
        and client["person"]["department"] == step["department"]
        and (not posts or client["person"]["designation"] in posts)
        and district in client["person"]["districts"]
    ]


def deciders(platform: Platform, described: dict[str, Any], district: str) -> Iterator[tuple[dict[str, Any], ...]]:
    """Every way to give each step of the type an officer of its department and posts, each another person."""
    for chosen in product(*(officers(platform, step, district) for step in described["steps"])):
        if len({client["person"]["id"] for client in chosen}) == len(chosen):
            yield chosen


def types(client: Client) -> list[dict[str, Any]]:
    listed = client.get("/v1/application-types").json["items"]
    return [client.get(f"/v1/application-types/{kind['application_type']}").json for kind in listed]


def test_every_step_of_every_type_has_an_officer_in_every_district_of_the_sandbox(platform: Platform) -> None:
    districts = {
        district
        for client in platform.run_info["clients"]
        if "applications:decide" in client["scopes"]
        for district in client["person"]["districts"]
    }
    assert districts == {"102", "107", "117"}
    for described in types(platform.client("kiosk-jaipur")):
        for district in districts:
            assert any(deciders(platform, described, district)), (described["application_type"], district)


def test_this_file_applies_for_every_type(platform: Platform) -> None:
    described = types(platform.client("kiosk-jaipur"))
    assert {kind["application_type"] for kind in described} == set(FORMS)


@pytest.mark.parametrize("application_type", sorted(FORMS))
def test_every_type_is_issued_by_officers_of_the_sandbox_and_signed_by_the_last_of_them(
    platform: Platform, application_type: str
) -> None:
    form = FORMS[application_type]
    if application_type == "unemployment-allowance":
        registered = issued(platform, "job-seeker-registration", FORMS["job-seeker-registration"])
        form = {
            **form,
            "registration_number": registered["certificate_number"],
            "registered_on": registered["issued_on"],
        }
    certificate = issued(platform, application_type, form)
    verdict = platform.call("POST", "/v1/certificate-verifications", {"document": certificate["document"]})
    assert verdict.json["valid"] is True


def issued(platform: Platform, application_type: str, form: dict[str, Any]) -> dict[str, Any]:
    """The certificate, after every officer of another post was refused."""
    kiosk = platform.client("kiosk-jaipur")
    body = {"application_type": application_type, "district_code": "102", "applicant": form}
    answer = kiosk.post("/v1/applications", body)
    assert answer.status == 201, answer
    application = answer.json
    path = f"/v1/applications/{application['application_id']}"
    if application["state"] == "FEE_DUE":
        assert pay_fee(kiosk, application).status == 201
    application_when(kiosk, application["application_id"], "IN_VERIFICATION")
    described = kiosk.get(f"/v1/application-types/{application_type}").json
    chosen = next(deciders(platform, described, "102"))
    for client, step in zip(chosen, described["steps"], strict=True):
        officer = platform.client(client["name"])
        posts = [post["en"] for post in step["posts"]]
        for other in officers(platform, {**step, "posts": []}, "102"):
            if other["person"]["designation"] not in posts:
                body = {"decision": "approve", "remarks": "Not mine.", "step": step["name"]}
                refused = platform.client(other["name"]).post(f"{path}/decisions", body)
                codes = {"another-post-required", "another-officer-required"}
                assert refused.status == 403, refused
                assert refused.json["code"] in codes
        decided = officer.post(f"{path}/decisions", {"decision": "approve", "remarks": "Seen.", "step": step["name"]})
        assert decided.status == 201, decided
        if decided.json["state"] != "ISSUED":
            again = officer.post(f"{path}/decisions", {"decision": "approve", "remarks": "And again."})
            assert (again.status, again.json["code"]) == (403, "another-officer-required")
    ended = kiosk.get(path).json
    assert ended["state"] == "ISSUED"
    posts = [line["decided_by"]["en"] for line in ended["history"] if line["what"] == "decided"]
    assert posts == [client["person"]["designation"] for client in chosen]
    return dict(kiosk.get(f"/v1/certificates/{ended['certificate_id']}").json)


def test_conditions_pass_through_the_gateway(platform: Platform) -> None:
    kiosk = platform.client("kiosk-jaipur")
    body = {"application_type": "domicile", "district_code": "102", "applicant": FORMS["domicile"]}
    path = f"/v1/applications/{kiosk.post('/v1/applications', body).json['application_id']}"
    first = kiosk.get(path)
    etag, signed_in = first.headers["ETag"], {"Authorization": f"Bearer {kiosk.token}"}
    same = kiosk.call("GET", path, headers={**signed_in, "If-None-Match": etag})
    assert (same.status, same.headers["ETag"]) == (304, etag)
    stale = kiosk.call("GET", path, headers={**signed_in, "If-Match": '"999"'})
    assert (stale.status, stale.json["code"]) == (412, "stale-version")
