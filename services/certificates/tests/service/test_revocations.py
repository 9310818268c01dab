"""A certificate is revoked on two officers' word, and everything that is told of it changes at once."""

import io
from threading import Barrier, Thread

import pypdf
import pytest
from pymongo.client_session import ClientSession
from tests.support.world import SDO_ID, Caller, World, json_of, new_key, problem

from certificates.adapters.mongo import revocations as mongo_revocations
from certificates.adapters.mongo.certificates import CERTIFICATES, ENDINGS, end_certificate
from servicekit.testing import published

PROPOSAL = {"reason": "court-order", "remarks": "Order 7 of 2026."}
CONFIRMED = {"decision": "confirm", "remarks": "Order seen."}


def second(world: World) -> Caller:
    """Another tehsildar of the same district."""
    return world.officer(person_id=SDO_ID)


def proposed(world: World, certificate: dict[str, str]) -> str:
    path = f"/v1/certificates/{certificate['certificate_id']}/revocations"
    return str(json_of(world.officer().post(path, PROPOSAL), 201)["revocation_id"])


def revoked(world: World) -> dict[str, str]:
    certificate = world.issued()
    decision = f"/v1/revocations/{proposed(world, certificate)}/decisions"
    assert json_of(second(world).post(decision, CONFIRMED), 201)["standing"] == "CONFIRMED"
    return certificate


def answers(world: World, certificate: dict[str, str]) -> list[object]:
    """The reasons by number, by document, by QR, by the operation from before, and the status of the certificate."""
    number = {"certificate_number": certificate["certificate_number"], "issued_on": certificate["issued_on"]}
    qr = json_of(world.kiosk().get(f"/v1/certificates/{certificate['certificate_id']}/qr"), 200)["text"]
    anybody = world.anybody().http
    asked = [
        ("/v1/certificate-number-verifications", number),
        ("/v1/certificate-text-verifications", {"text": certificate["document"]}),
        ("/v1/certificate-text-verifications", {"text": qr}),
        ("/v1/certificate-verifications", {"document": certificate["document"]}),
    ]
    told: list[object] = [json_of(anybody.post(path, json=body), 200)["reason"] for path, body in asked]
    return [*told, world.certificate(certificate["certificate_id"])["status"]]


def test_every_identifier_of_a_revoked_certificate_says_so_at_once(world: World) -> None:
    certificate = world.issued()
    revocation = proposed(world, certificate)
    assert answers(world, certificate) == [None, None, None, None, "VALID"], "a proposal changes nothing"
    json_of(second(world).post(f"/v1/revocations/{revocation}/decisions", CONFIRMED), 201)
    assert answers(world, certificate) == ["revoked"] * 4 + ["REVOKED"]
    ended = world.certificate(certificate["certificate_id"])["ended"]
    assert (ended["reason"], ended["superseded_by"]) == ("court-order", None)
    assert set(ended["reason_says"]) == {"en", "hi"}


def test_the_paper_of_a_revoked_certificate_says_so_on_each_page(world: World) -> None:
    certificate = revoked(world)
    pdf = world.kiosk().get(f"/v1/certificates/{certificate['certificate_id']}/pdf").data
    for page in pypdf.PdfReader(io.BytesIO(pdf)).pages:
        text = " ".join(page.extract_text().split())
        assert "REVOKED" in text
        assert "निरस्त" in text
    assert "A court ordered it" in text


def test_a_revocation_is_told_once_with_its_reason(world: World) -> None:
    certificate = revoked(world)
    told = [one for one in published(world.mongo) if one["type"].endswith("certificate.revoked.v1")]
    assert [(one["subject"], one["sequence"], one["data"]["reason"]) for one in told] == [
        (certificate["certificate_id"], "2", "court-order")
    ]
    assert "Order" not in str(told)


def test_who_proposed_it_does_not_decide_it_and_who_signs_such_certificates_does(world: World) -> None:
    certificate = world.issued()
    path = f"/v1/revocations/{proposed(world, certificate)}/decisions"
    assert problem(world.officer().post(path, CONFIRMED), 403)["code"] == "second-officer-required"
    clerk = world.officer(person_id=SDO_ID, post=("Patwari", "पटवारी"))
    refusal = problem(clerk.post(path, CONFIRMED), 403)
    assert (refusal["code"], refusal["posts"][0]["en"]) == ("another-post-required", "Tehsildar")
    assert world.certificate(certificate["certificate_id"])["status"] == "VALID"


def test_other_departments_districts_and_roles_know_of_no_certificate(world: World) -> None:
    certificate = world.issued()
    path = f"/v1/certificates/{certificate['certificate_id']}/revocations"
    revocation = f"/v1/revocations/{proposed(world, certificate)}/decisions"
    for stranger in (world.officer("107"), world.officer(department="water")):
        assert problem(stranger.post(path, PROPOSAL), 404)["code"] == "certificate-not-found"
        assert problem(stranger.post(revocation, CONFIRMED), 404)["code"] == "revocation-not-found"
        assert problem(stranger.get(path), 404)["code"] == "certificate-not-found"
    assert world.kiosk().post(path, PROPOSAL).status_code == 403
    assert world.kiosk().get(path).status_code == 403


def test_a_refused_proposal_changes_nothing_and_another_may_follow(world: World) -> None:
    certificate = world.issued()
    path = f"/v1/certificates/{certificate['certificate_id']}/revocations"
    first = proposed(world, certificate)
    pending = problem(second(world).post(path, PROPOSAL), 409)
    assert (pending["code"], pending["revocation_id"]) == ("revocation-pending", first)
    refused = {"decision": "refuse", "remarks": "There is no such order."}
    json_of(second(world).post(f"/v1/revocations/{first}/decisions", refused), 201)
    assert answers(world, certificate)[-1] == "VALID"
    decided = problem(second(world).post(f"/v1/revocations/{first}/decisions", CONFIRMED), 409)
    assert decided["code"] == "revocation-decided"
    again = proposed(world, certificate)
    listed = json_of(world.officer().get(path), 200)["items"]
    assert [(one["revocation_id"], one["standing"]) for one in listed] == [(first, "REFUSED"), (again, "PROPOSED")]
    assert listed[0]["decided"]["remarks"] == "There is no such order."


def test_what_ended_is_not_revoked_again(world: World) -> None:
    certificate = revoked(world)
    path = f"/v1/certificates/{certificate['certificate_id']}/revocations"
    refusal = problem(world.officer().post(path, PROPOSAL), 409)
    assert refusal["code"] == "certificate-not-in-force"
    assert "रद्द" in refusal["detail_hi"]


def test_a_repeat_gets_the_first_answer_and_ends_nothing_twice(world: World) -> None:
    certificate = world.issued()
    key = new_key()
    path = f"/v1/certificates/{certificate['certificate_id']}/revocations"
    first = json_of(world.officer().post(path, PROPOSAL, key), 201)
    assert json_of(world.officer().post(path, PROPOSAL, key), 201) == first
    decision, key = f"/v1/revocations/{first['revocation_id']}/decisions", new_key()
    decided = json_of(second(world).post(decision, CONFIRMED, key), 201)
    assert json_of(second(world).post(decision, CONFIRMED, key), 201) == decided
    assert json_of(world.officer().post(path, PROPOSAL, new_key()), 409)["code"] == "certificate-not-in-force"
    assert world.mongo.db[ENDINGS].count_documents({}) == 1


def test_of_two_who_confirm_at_once_one_does(world: World) -> None:
    path = f"/v1/revocations/{proposed(world, world.issued())}/decisions"
    others = [world.officer(person_id=f"per_0192f3a1c0de7c22b8e15d2c9a7b1e{n}") for n in (50, 51)]
    together, statuses = Barrier(2), []

    def confirm(officer: Caller) -> None:
        together.wait()
        statuses.append(officer.post(path, CONFIRMED).status_code)

    threads = [Thread(target=confirm, args=[officer]) for officer in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201, 409]
    assert world.mongo.db[ENDINGS].count_documents({}) == 1


@pytest.mark.parametrize("written", ["nothing", "the certificate"])
def test_what_dies_before_it_is_committed_leaves_no_trace(
    world: World, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    certificate = world.issued()
    revocation = proposed(world, certificate)
    before = list(published(world.mongo))

    def dies(db: object, session: ClientSession, ended: object) -> None:
        if written == "the certificate":
            really(db, session, ended)  # type: ignore[arg-type]
        raise SystemExit

    really = end_certificate
    monkeypatch.setattr(mongo_revocations, "end_certificate", dies)
    key = new_key()
    with pytest.raises(SystemExit):
        second(world).post(f"/v1/revocations/{revocation}/decisions", CONFIRMED, key)
    monkeypatch.undo()
    assert answers(world, certificate) == [None, None, None, None, "VALID"]
    assert list(published(world.mongo)) == before
    json_of(second(world).post(f"/v1/revocations/{revocation}/decisions", CONFIRMED, key), 201)
    assert answers(world, certificate)[-1] == "REVOKED"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"reason": "superseded", "remarks": "No."}, "/reason"),
        ({"reason": "court-order"}, "/remarks"),
        ({"reason": "court-order", "remarks": "\u202e"}, "/remarks"),
        ({"reason": "court-order", "remarks": "x", "until": 1}, "/until"),
    ],
)
def test_a_proposal_says_which_member_is_wrong(world: World, body: dict[str, object], pointer: str) -> None:
    path = f"/v1/certificates/{world.issued()['certificate_id']}/revocations"
    refusal = problem(world.officer().post(path, body), 422)
    assert [error["pointer"] for error in refusal["errors"]] == [pointer]


def test_the_release_before_reads_of_an_ended_certificate_what_it_knows(world: World) -> None:
    """0.1.0 reads no member that it does not know, so that none is added to the certificate."""
    untouched = world.mongo.db[CERTIFICATES].find_one({"_id": world.issued()["certificate_id"]})
    ended = world.mongo.db[CERTIFICATES].find_one({"_id": revoked(world)["certificate_id"]})
    assert untouched is not None
    assert ended is not None
    assert ended.keys() == untouched.keys()
    assert ended["status"] == "REVOKED"


def test_what_expired_may_be_revoked_too(world: World) -> None:
    certificate = world.issued()
    world.mongo.db[CERTIFICATES].update_one(
        {"_id": certificate["certificate_id"]}, {"$set": {"valid_until": "2026-01-01"}}
    )
    revocation = proposed(world, certificate)
    json_of(second(world).post(f"/v1/revocations/{revocation}/decisions", CONFIRMED), 201)
    assert world.certificate(certificate["certificate_id"])["status"] == "REVOKED"
