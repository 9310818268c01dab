"""A paper of an application as a file: begun, sent in pieces, completed, named, read by who may see it."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.support import files
from tests.support.builders import domicile_form, sealing_keys
from tests.support.uploads import PHOTOGRAPH, announced, begun, complete, put, sent, uploaded
from tests.support.world import KIOSK, Caller, World, json_of, new_key, problem
from werkzeug.test import TestResponse

from certificates.adapters.attachments.grid_store import BUCKET
from certificates.application.attachments.reseal_attachments import ResealAttachments
from certificates.application.attachments.sweep_attachments import SweepAttachments
from certificates.domain.attachments.attachment import LEAST_PIECE_BYTES, MOST_BYTES, MOST_UNUSED_OF_A_CENTRE
from servicekit.instants import utc_now

PAPER = "self-declaration"


def applied(by: Caller, *attachments: dict[str, Any], key: str | None = None, code: str = PAPER) -> TestResponse:
    body = {
        "application_type": "domicile",
        "district_code": "102",
        "applicant": domicile_form(),
        "attachments": [{"code": code, "attachment_id": one["attachment_id"]} for one in attachments],
    }
    return by.post("/v1/applications", body, key)


def linked(by: Caller, attachment: dict[str, Any]) -> TestResponse:
    return by.post(f"/v1/attachments/{attachment['attachment_id']}/links", None)


def test_a_file_arrives_in_pieces_in_any_order_and_an_officer_reads_it(world: World) -> None:
    kiosk = world.kiosk()
    attachment = begun(kiosk)
    assert (attachment["state"], attachment["pieces"], attachment["missing"]) == ("RECEIVING", 3, [0, 1, 2])
    for number in (2, 0, 0):
        piece = PHOTOGRAPH[number * LEAST_PIECE_BYTES : (number + 1) * LEAST_PIECE_BYTES]
        attachment = json_of(put(kiosk, attachment["attachment_id"], number, piece), 200)
    assert attachment["missing"] == [1]
    refused = problem(complete(kiosk, attachment), 409)
    assert (refused["code"], refused["missing"]) == ("attachment-pieces-missing", [1])
    put(kiosk, attachment["attachment_id"], 1, PHOTOGRAPH[LEAST_PIECE_BYTES : 2 * LEAST_PIECE_BYTES])

    ready = json_of(complete(kiosk, attachment), 200)

    assert (ready["state"], ready["missing"], ready["refused"]) == ("READY", [], None)
    assert world.mongo.db["attachment_pieces"].count_documents({}) == 0
    application = json_of(applied(kiosk, ready), 201)
    world.paid(application)
    (listed,) = json_of(world.officer().get(f"/v1/applications/{application['application_id']}/attachments"), 200)[
        "items"
    ]
    assert (listed["code"], listed["application_id"], listed["expires_at"]) == (
        PAPER,
        application["application_id"],
        None,
    )
    link = json_of(linked(world.officer(), listed), 201)
    got = world.anybody().get(link["url"])
    assert (got.status_code, got.mimetype) == (200, "application/octet-stream")
    assert got.headers["Content-Disposition"].startswith("attachment;")
    assert got.headers["Cache-Control"] == "private, no-store"
    assert got.data.startswith(b"\x89PNG")


def test_a_repeat_of_any_step_changes_nothing(world: World) -> None:
    kiosk, key = world.kiosk(), new_key()
    first = json_of(kiosk.post("/v1/attachments", announced(PHOTOGRAPH), key), 201)
    again = kiosk.post("/v1/attachments", announced(PHOTOGRAPH), key)
    assert json_of(again, 201)["attachment_id"] == first["attachment_id"]
    assert again.headers["Idempotent-Replayed"] == "true"
    ready = uploaded(kiosk)
    assert json_of(complete(kiosk, ready), 200) == ready
    key = new_key()
    application = json_of(applied(kiosk, ready, key=key), 201)
    assert json_of(applied(kiosk, ready, key=key), 201)["application_id"] == application["application_id"]


def test_nothing_of_a_file_is_stored_as_it_is(world: World) -> None:
    content = files.pdf(lambda made: setattr(made.Root, "Remark", "Test Citizen One"))
    assert b"Test Citizen One" in content
    sent(world.kiosk(), content, media_type="application/pdf")
    ready = uploaded(world.kiosk(), content, media_type="application/pdf")
    for name in world.mongo.db.list_collection_names():
        for document in world.mongo.db[name].find():
            assert "Test Citizen One" not in str(document), name
    got = world.anybody().get(json_of(linked(world.kiosk(), ready), 201)["url"])
    assert got.data == content


@pytest.mark.parametrize(
    ("content", "media_type", "code"),
    [
        (files.pdf(files.with_script_on_opening), "application/pdf", "active-content"),
        (files.picture("GIF", mode="L"), "image/jpeg", "another-type"),
    ],
)
def test_a_file_that_is_not_taken_says_why_and_what_to_do(
    world: World, content: bytes, media_type: str, code: str
) -> None:
    refused = uploaded(world.kiosk(), content, media_type=media_type)
    assert (refused["state"], refused["refused"]["code"]) == ("REFUSED", code)
    assert refused["refused"]["hi"].endswith("।")
    assert world.mongo.db[f"{BUCKET}.files"].count_documents({}) == 0
    assert problem(linked(world.kiosk(), refused), 409)["code"] == "attachment-not-ready"
    assert problem(applied(world.kiosk(), refused), 422)["errors"][0]["code"] == "not-ready"


def test_another_file_than_was_announced_is_dropped_and_can_be_sent_again(world: World) -> None:
    kiosk = world.kiosk()
    attachment = begun(kiosk, PHOTOGRAPH, sha256="0" * 64)
    for number in range(3):
        put(
            kiosk,
            attachment["attachment_id"],
            number,
            PHOTOGRAPH[number * LEAST_PIECE_BYTES : (number + 1) * LEAST_PIECE_BYTES],
        )
    assert problem(complete(kiosk, attachment), 409)["code"] == "attachment-content-differs"
    assert json_of(kiosk.get(f"/v1/attachments/{attachment['attachment_id']}"), 200)["missing"] == [0, 1, 2]


@pytest.mark.parametrize(
    ("number", "piece", "code"),
    [
        (3, b"x", "piece-number"),
        (0, b"x", "piece-size"),
        (2, b"x" * LEAST_PIECE_BYTES, "piece-size"),
        (1, b"", "piece-size"),
    ],
)
def test_a_piece_of_another_place_or_size_is_refused(world: World, number: int, piece: bytes, code: str) -> None:
    kiosk = world.kiosk()
    refused = problem(put(kiosk, begun(kiosk)["attachment_id"], number, piece), 422)
    assert refused["errors"][0]["code"] == code


@pytest.mark.parametrize(
    "changed",
    [
        {"size_bytes": 0},
        {"size_bytes": MOST_BYTES + 1},
        {"size_bytes": 1.5},
        {"piece_bytes": LEAST_PIECE_BYTES - 1},
        {"sha256": "A" * 64},
        {"sha256": "0" * 63},
        {"media_type": "image/gif"},
        {"media_type": "image/svg+xml"},
    ],
)
def test_an_upload_that_cannot_be_is_not_begun(world: World, changed: dict[str, Any]) -> None:
    refused = problem(world.kiosk().post("/v1/attachments", announced(PHOTOGRAPH, **changed)), 422)
    assert [error["pointer"] for error in refused["errors"]] == [f"/{name}" for name in changed]


def test_a_settled_upload_takes_no_more_pieces(world: World) -> None:
    ready = uploaded(world.kiosk())
    refused = problem(put(world.kiosk(), ready["attachment_id"], 2, b"x" * 100), 409)
    assert (refused["code"], refused["state"]) == ("attachment-settled", "READY")
    assert world.mongo.db["attachment_pieces"].count_documents({}) == 0


def every_step(attachment: dict[str, Any]) -> list[Callable[[Caller], TestResponse]]:
    own = f"/v1/attachments/{attachment['attachment_id']}"
    return [
        lambda by: by.get(own),
        lambda by: put(by, attachment["attachment_id"], 0, b"x"),
        lambda by: complete(by, attachment),
        lambda by: linked(by, attachment),
    ]


def test_nobody_reaches_what_another_centre_or_client_uploaded(world: World) -> None:
    of_a_kiosk, of_a_portal = uploaded(world.kiosk()), uploaded(world.portal())
    strangers = [
        (world.kiosk("ksk_RJ10200002"), of_a_kiosk),
        (world.portal(), of_a_kiosk),
        (world.portal("cli_other"), of_a_portal),
        (world.kiosk(), of_a_portal),
    ]
    for stranger, attachment in strangers:
        for step in every_step(attachment):
            assert problem(step(stranger), 404)["code"] == "attachment-not-found"
        assert problem(applied(stranger, attachment), 422)["errors"][0]["code"] == "unknown"


def test_before_an_application_has_it_no_officer_sees_it_and_afterwards_those_of_the_district(world: World) -> None:
    ready = uploaded(world.kiosk())
    assert problem(linked(world.officer(), ready), 404)["code"] == "attachment-not-found"
    application = json_of(applied(world.kiosk(), ready), 201)
    world.paid(application)
    assert json_of(linked(world.officer("102"), ready), 201)
    assert problem(linked(world.officer("103"), ready), 404)["code"] == "attachment-not-found"
    assert problem(linked(world.officer("102", department="food"), ready), 404)
    listed = f"/v1/applications/{application['application_id']}/attachments"
    assert problem(world.officer("103").get(listed), 404)["code"] == "application-not-found"


def test_who_was_given_a_link_is_on_record(world: World) -> None:
    ready = uploaded(world.kiosk())
    application = json_of(applied(world.kiosk(), ready), 201)
    linked(world.officer(), ready)
    (reading,) = world.mongo.db["attachment_readings"].find()
    assert reading["client_id"] == "cli_office"
    assert reading["person_id"].startswith("per_")
    assert reading["application_id"] == application["application_id"]


def test_a_link_ends_by_itself_and_is_kept_as_a_hash_alone(world: World) -> None:
    link = json_of(linked(world.kiosk(), uploaded(world.kiosk())), 201)
    stored = world.mongo.db["attachment_links"].find_one({})
    assert link["url"].rpartition("/")[2] not in str(stored)
    world.mongo.db["attachment_links"].update_one({}, {"$set": {"expires_at": utc_now()}})
    assert problem(world.anybody().get(link["url"]), 404)["code"] == "attachment-link-not-found"


def test_a_file_belongs_to_one_application(world: World) -> None:
    ready = uploaded(world.kiosk())
    json_of(applied(world.kiosk(), ready), 201)
    refused = problem(applied(world.kiosk(), ready), 422)
    assert refused["errors"][0] == {
        "pointer": "/attachments/0/attachment_id",
        "code": "not-ready",
        "detail": refused["errors"][0]["detail"],
        "detail_hi": refused["errors"][0]["detail_hi"],
    }
    assert world.mongo.db["applications"].count_documents({}) == 1


def test_of_two_applications_that_take_one_file_at_once_one_gets_it(world: World) -> None:
    ready = uploaded(world.kiosk())
    answers: list[int] = []
    callers = [world.kiosk() for _ in range(4)]
    racing = [threading.Thread(target=lambda by=by: answers.append(applied(by, ready).status_code)) for by in callers]
    for thread in racing:
        thread.start()
    for thread in racing:
        thread.join()
    assert sorted(answers) == [201, 422, 422, 422]
    assert world.mongo.db["applications"].count_documents({}) == 1


def test_a_paper_that_the_type_does_not_ask_for_is_refused(world: World) -> None:
    refused = problem(applied(world.kiosk(), uploaded(world.kiosk()), code="horoscope"), 422)
    assert [(error["pointer"], error["code"]) for error in refused["errors"]] == [("/attachments/0/code", "unknown")]


def test_of_two_that_complete_it_at_once_the_second_is_told_to_wait(world: World) -> None:
    attachment = sent(world.kiosk())
    world.mongo.db["attachments"].update_one({}, {"$set": {"taken_until": utc_now() + timedelta(seconds=30)}})
    refused = complete(world.kiosk(), attachment)
    assert problem(refused, 409)["code"] == "attachment-being-completed"
    assert int(refused.headers["Retry-After"]) > 0
    # Whoever had it has died.
    world.mongo.db["attachments"].update_one({}, {"$set": {"taken_until": utc_now()}})
    assert json_of(complete(world.kiosk(), attachment), 200)["state"] == "READY"


def test_whoever_dies_after_the_file_is_kept_is_followed_by_one_who_completes_it(world: World) -> None:
    attachment = sent(world.kiosk())
    receiver = world.service.receive_attachment
    real = receiver.attachments

    class Dies(BaseException):
        pass

    class DiesBeforeSettling:
        def __getattr__(self, name: str) -> Any:
            return getattr(real, name)

        def settle(self, _: object) -> None:
            raise Dies

    object.__setattr__(receiver, "attachments", DiesBeforeSettling())
    with pytest.raises(Dies):
        complete(world.kiosk(), attachment)
    object.__setattr__(receiver, "attachments", real)
    assert world.mongo.db[f"{BUCKET}.files"].count_documents({}) == 1
    world.mongo.db["attachments"].update_one({}, {"$set": {"taken_until": utc_now()}})

    ready = json_of(complete(world.kiosk(), attachment), 200)

    assert ready["state"] == "READY"
    assert world.mongo.db[f"{BUCKET}.files"].count_documents({}) == 1
    assert world.anybody().get(json_of(linked(world.kiosk(), ready), 201)["url"]).status_code == 200


def test_what_nobody_used_for_a_day_is_deleted_and_what_an_application_has_stays(world: World) -> None:
    used, unused, unfinished = uploaded(world.kiosk()), uploaded(world.kiosk()), begun(world.kiosk())
    put(world.kiosk(), unfinished["attachment_id"], 0, PHOTOGRAPH[:LEAST_PIECE_BYTES])
    json_of(applied(world.kiosk(), used), 201)

    assert world.service.sweep_attachments(SweepAttachments(utc_now())) == 0
    assert world.service.sweep_attachments(SweepAttachments(utc_now() + timedelta(hours=25))) == 2

    assert [kept["_id"] for kept in world.mongo.db["attachments"].find()] == [used["attachment_id"]]
    assert [kept["_id"] for kept in world.mongo.db[f"{BUCKET}.files"].find()] == [used["attachment_id"]]
    assert world.mongo.db["attachment_pieces"].count_documents({}) == 0
    assert problem(linked(world.kiosk(), unused), 404)["code"] == "attachment-not-found"


def test_a_file_that_is_about_to_be_deleted_cannot_be_taken(world: World) -> None:
    ready = uploaded(world.kiosk())
    later = utc_now() + timedelta(hours=25)
    assert world.service.sweep_attachments.attachments.doom(ready["attachment_id"], later)
    assert problem(applied(world.kiosk(), ready), 422)["errors"][0]["code"] == "not-ready"


def test_a_centre_with_too_many_unused_uploads_is_told(world: World) -> None:
    template = world.mongo.db["attachments"]
    begun(world.kiosk())
    one = template.find_one({})
    assert one is not None
    template.insert_many([{**one, "_id": f"att_{number}"} for number in range(MOST_UNUSED_OF_A_CENTRE - 1)])
    assert problem(world.kiosk().post("/v1/attachments", announced(PHOTOGRAPH)), 429)["code"] == "too-many-uploads"
    assert begun(world.kiosk("ksk_RJ10200002"))


def test_keys_are_rotated_without_a_file_lost(world: World) -> None:
    ready = uploaded(world.kiosk())
    rotated = World.over(world.mongo, ATTACHMENT_KEYS=sealing_keys("new", "old"))
    link = json_of(linked(rotated.kiosk(), ready), 201)
    assert rotated.service.reseal_attachments(ResealAttachments()) == 1
    assert rotated.service.reseal_attachments(ResealAttachments()) == 0
    assert World.over(world.mongo, ATTACHMENT_KEYS=sealing_keys("new")).anybody().get(link["url"]).status_code == 200


def lose_the_file(world: World) -> World:
    world.mongo.db[f"{BUCKET}.files"].delete_many({})
    world.mongo.db[f"{BUCKET}.chunks"].delete_many({})
    return world


def change_the_file(world: World) -> World:
    chunks = world.mongo.db[f"{BUCKET}.chunks"]
    for chunk in chunks.find({}):
        chunks.update_one({"_id": chunk["_id"]}, {"$set": {"data": b"x" * len(chunk["data"])}})
    return world


def cut_the_file_off(world: World) -> World:
    world.mongo.db[f"{BUCKET}.chunks"].update_many({}, {"$set": {"data": b"x" * 64}})
    return world


def take_the_key_away(world: World) -> World:
    return World.over(world.mongo, ATTACHMENT_KEYS=sealing_keys("another"))


@pytest.mark.parametrize("damage", [lose_the_file, change_the_file, cut_the_file_off, take_the_key_away])
def test_a_file_that_is_not_as_it_was_kept_is_no_fault_of_the_readers_and_hides_nothing_else(
    world: World, damage: Callable[[World], World]
) -> None:
    ready = uploaded(world.kiosk())
    link = json_of(linked(world.kiosk(), ready), 201)
    damaged = damage(world)
    told = problem(damaged.anybody().get(link["url"]), 503)
    assert (told["code"], told["retryable"]) == ("dependency-unavailable", True)
    assert json_of(damaged.kiosk().get(f"/v1/attachments/{ready['attachment_id']}"), 200)["state"] == "READY"


def test_a_piece_that_was_changed_where_it_is_kept_is_sent_again(world: World) -> None:
    kiosk = world.kiosk()
    attachment = sent(kiosk)
    world.mongo.db["attachment_pieces"].update_one({}, {"$set": {"content": b"x" * 64}})
    assert problem(complete(kiosk, attachment), 409)["code"] == "attachment-content-differs"


def test_a_sweep_goes_on_after_a_file_that_is_gone_already(world: World) -> None:
    for _ in range(2):
        uploaded(world.kiosk())
    lose_the_file(world)
    tomorrow = utc_now() + timedelta(days=1, minutes=1)
    assert world.service.sweep_attachments(SweepAttachments(tomorrow)) == 2


def test_a_service_without_keys_takes_no_files_and_goes_on(world: World) -> None:
    bare = World.over(world.mongo, ATTACHMENT_KEYS="")
    assert problem(bare.kiosk().post("/v1/attachments", announced(PHOTOGRAPH)), 503)["code"] == "dependency-unavailable"
    assert json_of(bare.kiosk().apply(), 201)["state"] == "FEE_DUE"


def test_a_piece_is_sent_as_bytes_and_no_larger_than_pieces_are(world: World) -> None:
    kiosk = world.kiosk()
    attachment = begun(kiosk, bytes(MOST_BYTES), piece_bytes=256 * 1024)
    assert put(kiosk, attachment["attachment_id"], 0, bytes(256 * 1024)).status_code == 200
    assert problem(put(kiosk, attachment["attachment_id"], 0, bytes(256 * 1024 + 1)), 413)["code"] == "body-too-large"
    assert KIOSK
