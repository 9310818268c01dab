"""Receipts: printed and counted, numbered without gaps, checked by anybody, and what was paid beyond them reported."""

import json
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from joserfc import jws
from joserfc.jwk import KeySet
from tests.service.test_crashes import abort_what_it_left_open, ask_and_die
from tests.support.world import Caller, World, another_consumer, inr, json_of, new_key

from billing.domain.calendar import civil_day
from billing.domain.receipts.printed_receipt import COPY_LASTS
from billing.settings import Settings
from servicekit.http import Person
from servicekit.instants import utc_now
from servicekit.tokens import signatures

MOBILE: dict[str, Any] = {"number": "9829000001", "biller_id": "AIRTEL-POSTPAID", "name": "mobile_number"}


def paid(centre: Caller) -> dict[str, Any]:
    payment: dict[str, Any] = json_of(centre.pay(centre.bill()))
    assert payment["status"] == "COMPLETED"
    return payment


def printed(caller: Caller, payment: dict[str, Any], key: str | None = None) -> dict[str, Any]:
    answer = caller.post(f"/v1/payments/{payment['payment_id']}/receipt-copies", {}, key)
    assert answer.status_code == 201, answer.json
    copy: dict[str, Any] = json_of(answer)
    return copy


def asked(world: World, path: str, receipt: dict[str, Any], **body: Any) -> Any:
    known = {"receipt_number": receipt["receipt_number"], "account_ends_with": receipt["account_ends_with"]}
    return world.http.post(path, json={**known, **body})


def test_the_first_print_is_the_original_and_each_further_one_a_counted_duplicate(world: World) -> None:
    centre = world.centre()
    payment, key = paid(centre), new_key()
    first = printed(centre, payment, key)
    assert (first["copy"], first["mark"]) == (1, "ORIGINAL")
    assert printed(centre, payment, key) == first, "the same request again prints nothing more"
    again = [printed(centre, payment) for _ in range(2)]
    assert [(copy["copy"], copy["mark"]) for copy in again] == [(2, "DUPLICATE"), (3, "DUPLICATE")]
    assert all(copy["series"] == first["series"] and copy["receipt"] == payment["receipt"] for copy in again)


def test_looking_at_a_receipt_counts_nothing(world: World) -> None:
    centre = world.centre()
    payment = paid(centre)
    for _ in range(3):
        assert centre.get(f"/v1/payments/{payment['payment_id']}/receipt").status_code == 200
    assert printed(centre, payment)["copy"] == 1


def test_the_receipts_of_a_centre_and_day_are_numbered_from_one_whoever_prints_at_once(world: World) -> None:
    centre, other = world.centre(), world.centre()
    payments = [paid(centre) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        copies = list(pool.map(lambda payment: printed(centre, payment), payments))
    today = civil_day(utc_now()).isoformat()
    assert {(copy["series"]["kiosk_id"], copy["series"]["day"]) for copy in copies} == {(centre.kiosk_id, today)}
    assert sorted(copy["series"]["serial"] for copy in copies) == list(range(1, 9))
    assert printed(other, paid(other))["series"]["serial"] == 1


def test_a_receipt_of_the_portal_has_no_series(world: World) -> None:
    portal = world.portal()
    payment = json_of(portal.pay(portal.bill(), mode="CARD", payment_instrument="tok_sandbox_ok"))
    copies = [printed(portal, payment) for _ in range(2)]
    assert [(copy["copy"], copy["series"]) for copy in copies] == [(1, None), (2, None)]


@pytest.mark.parametrize(("crash_point", "serials"), [("B1", [1, 2]), ("B2", [1, 2])])
def test_who_dies_while_printing_leaves_no_gap_and_counts_nothing_twice(
    world: World, settings: Settings, crash_point: str, serials: list[int]
) -> None:
    centre = world.centre()
    first, second, key = paid(centre), paid(centre), new_key()
    path = f"/v1/payments/{first['payment_id']}/receipt-copies"
    name = ask_and_die(world, settings, crash_point, path, {}, key, centre.headers(key)["Authorization"])
    if crash_point == "B1":
        abort_what_it_left_open(world, name)
    copy = printed(centre, first, key)
    assert (copy["copy"], copy["mark"]) == (1, "ORIGINAL")
    assert [copy["series"]["serial"], printed(centre, second)["series"]["serial"]] == serials


def test_only_a_completed_payment_of_the_caller_is_printed(world: World) -> None:
    centre = world.centre()
    payment = paid(centre)
    path = f"/v1/payments/{payment['payment_id']}/receipt-copies"
    assert json_of(world.centre().post(path, {}))["code"] == "payment-not-found"
    pending = json_of(centre.pay(centre.bill("100000000005")))
    refused = centre.post(f"/v1/payments/{pending['payment_id']}/receipt-copies", {})
    assert (refused.status_code, json_of(refused)["code"]) == (409, "no-receipt-yet")


def test_a_receipt_prints_the_legal_fee_and_says_that_no_more_may_be_asked(world: World) -> None:
    centre = world.centre()
    receipt = json_of(centre.pay(centre.bill(**MOBILE)))["receipt"]
    assert receipt["service_charge"] == inr(500)
    assert "₹5.00" in receipt["notice"]
    assert "₹5.00" in receipt["notice_hi"]
    assert receipt["account_ends_with"] == "0001"


def test_anybody_who_holds_a_receipt_learns_what_it_is_for_and_nothing_of_whom(world: World) -> None:
    centre = world.centre()
    payment = paid(centre)
    receipt = payment["receipt"]
    typed = receipt["receipt_number"].replace("-", " ").lower()
    for number in (receipt["receipt_number"], typed):
        answer = json_of(asked(world, "/v1/receipt-checks", receipt, receipt_number=number))
        assert answer["known"] is True
        checked = answer["receipt"]
        assert (checked["status"], checked["biller_id"], checked["kiosk_id"]) == ("PAID", "JVVNL", centre.kiosk_id)
        assert (checked["total"], checked["issued_at"]) == (inr(152_500), receipt["issued_at"])
        assert not {"payment_id", "transaction_token", "account_ends_with", "biller_reference"} & set(checked)
    centre.refund(payment["payment_id"], 100, 152_500)
    assert json_of(asked(world, "/v1/receipt-checks", receipt))["receipt"]["status"] == "PARTLY_REFUNDED"


def test_a_wrong_ending_is_told_as_an_unknown_number_is(world: World) -> None:
    receipt = paid(world.centre())["receipt"]
    unknown = "EM-2627-0000000000000"
    answers = [
        asked(world, "/v1/receipt-checks", receipt, account_ends_with="9999"),
        asked(world, "/v1/receipt-checks", receipt, receipt_number=unknown),
        asked(world, "/v1/receipt-checks", receipt, receipt_number=receipt["receipt_number"].replace("EM-2", "EM-3")),
    ]
    assert [(answer.status_code, json_of(answer)) for answer in answers] == [
        (200, {"known": False, "receipt": None})
    ] * 3


def test_the_time_of_an_answer_does_not_tell_which_of_the_two_is_wrong(world: World) -> None:
    receipt = paid(world.centre())["receipt"]
    wrong = [{"account_ends_with": "9999"}, {"receipt_number": "EM-2627-0000000000000"}]
    seconds: list[list[float]] = [[], []]
    for _ in range(60):
        for place, body in enumerate(wrong):
            begun = time.perf_counter()
            asked(world, "/v1/receipt-checks", receipt, **body)
            seconds[place].append(time.perf_counter() - begun)
    ending, number = map(statistics.median, seconds)
    assert 0.6 < ending / number < 1.6, (ending, number)


def test_a_mistyped_number_is_noticed_before_anything_is_looked_up_and_told_in_both_languages(world: World) -> None:
    receipt = paid(world.centre())["receipt"]
    number = receipt["receipt_number"]
    wrong = number[:-1] + ("0" if number[-1] != "0" else "1")
    refused = asked(world, "/v1/receipt-checks", receipt, receipt_number=wrong)
    (error,) = json_of(refused)["errors"]
    assert (refused.status_code, error["pointer"], error["code"]) == (422, "/receipt_number", "not-a-receipt-number")
    assert error["detail_hi"]
    for bad in ("", "12345", "x y", "٠٠٠١", None, 1):
        assert asked(world, "/v1/receipt-checks", receipt, account_ends_with=bad).status_code == 422


def test_what_was_paid_beyond_the_receipt_opens_one_case_by_one_event(world: World) -> None:
    centre = world.centre()
    payment = paid(centre)
    receipt = payment["receipt"]
    first, again = (asked(world, "/v1/overcharge-reports", receipt, paid=inr(155_000)) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    report = json_of(first)
    assert json_of(again)["report_id"] == report["report_id"]
    assert (report["total"], report["overcharged"]) == (inr(152_500), inr(2_500))
    (row,) = world.mongo.db.outbox.find({"aggregate.id": report["report_id"]})
    told = json.loads(row["body"])["data"]
    assert row["routing_key"] == "overcharge.reported.v1"
    assert (told["kiosk_id"], told["paid"], told["legal_fee"]) == (centre.kiosk_id, inr(155_000), inr(0))
    assert told["payment_id"] == payment["payment_id"]


def test_a_report_at_once_by_several_is_one(world: World) -> None:
    receipt = paid(world.centre())["receipt"]
    with ThreadPoolExecutor(8) as pool:
        ask = lambda _: json_of(asked(world, "/v1/overcharge-reports", receipt, paid=inr(160_000)))["report_id"]  # noqa: E731
        assert len(set(pool.map(ask, range(8)))) == 1


def test_no_case_is_opened_without_an_overcharge_a_centre_or_the_receipt(world: World) -> None:
    receipt = paid(world.centre())["receipt"]
    enough = asked(world, "/v1/overcharge-reports", receipt, paid=inr(152_500))
    assert (enough.status_code, json_of(enough)["code"]) == (422, "not-overcharged")
    assert "₹1,525.00" in json_of(enough)["errors"][0]["detail_hi"]
    stranger = asked(world, "/v1/overcharge-reports", receipt, paid=inr(155_000), account_ends_with="9999")
    assert (stranger.status_code, json_of(stranger)["code"]) == (404, "receipt-not-found")
    portal = Caller(world.http, client_id="cli_app", person=Person("per_1", "citizen"))
    own = json_of(portal.pay(portal.bill(), mode="CARD", payment_instrument="tok_sandbox_ok"))["receipt"]
    assert json_of(asked(world, "/v1/overcharge-reports", own, paid=inr(999_999)))["code"] == "not-overcharged"


def test_a_receipt_is_reported_with_three_amounts_at_most(world: World) -> None:
    receipt = paid(world.centre())["receipt"]
    answers = [asked(world, "/v1/overcharge-reports", receipt, paid=inr(160_000 + n)) for n in range(4)]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 409]
    assert json_of(answers[-1])["code"] == "reported-already"
    assert asked(world, "/v1/overcharge-reports", receipt, paid=inr(160_000)).status_code == 201


def test_of_prints_that_race_one_is_the_original(world: World) -> None:
    centre = world.centre()
    payment = paid(centre)
    with ThreadPoolExecutor(8) as pool:
        copies = list(pool.map(lambda _: printed(centre, payment), range(8)))
    assert sorted(copy["copy"] for copy in copies) == list(range(1, 9))
    assert [copy["mark"] for copy in copies].count("ORIGINAL") == 1
    assert world.mongo.db.receipt_copies.count_documents({"series.kiosk_id": centre.kiosk_id}) == 1


def paper_of(caller: Caller, payment: dict[str, Any], copy: dict[str, Any], query: str = "") -> Any:
    return caller.get(f"/v1/payments/{payment['payment_id']}/receipt-copies/{copy['copy_id']}/pdf{query}")


def words_of(answer: Any) -> str:
    texts = (page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(answer.data))
    return " ".join(" ".join(texts).split())


@pytest.mark.parametrize("query", ["", "?format=a4", "?format=80mm"])
def test_a_copy_is_printed_on_paper_with_its_mark_and_a_qr_that_anybody_can_check(world: World, query: str) -> None:
    centre = world.centre()
    payment = json_of(centre.pay(centre.bill(**MOBILE)))
    first, second = printed(centre, payment), printed(centre, payment)
    answers = [paper_of(centre, payment, copy, query) for copy in (first, second)]
    assert [(answer.status_code, answer.mimetype) for answer in answers] == [(200, "application/pdf")] * 2
    assert {answer.headers["Cache-Control"] for answer in answers} == {"private, no-store"}
    original, duplicate = map(words_of, answers)
    assert "ORIGINAL" in original
    assert "DUPLICATE" in duplicate
    receipt = payment["receipt"]
    assert receipt["receipt_number"] in original
    assert "वैध शुल्क ₹5.00 है।" in original
    assert "9829" not in original, "of the payer's number the last four figures are printed alone"

    picture = pypdfium2.PdfDocument(answers[0].data)[0].render(scale=203 / 72, grayscale=True).to_pil()
    (code,) = zxingcpp.read_barcodes(picture)
    keys = KeySet.import_key_set(json_of(world.http.get("/v1/timeline-keys")))
    signed = jws.deserialize_compact(code.text, keys, registry=signatures("EdDSA"))
    facts = json.loads(signed.payload)
    assert signed.headers()["cty"] == "application/vnd.emitra.receipt+json"
    assert (facts["receipt_number"], facts["legal_fee_paise"]) == (receipt["receipt_number"], 500)


def test_to_fetch_a_paper_again_counts_nothing_and_after_a_while_it_is_another_copy(world: World) -> None:
    centre = world.centre()
    payment = paid(centre)
    copy = printed(centre, payment)
    assert paper_of(centre, payment, copy).data == paper_of(centre, payment, copy).data
    assert printed(centre, payment)["copy"] == 2
    world.mongo.db.receipt_copies.update_one(
        {"_id": copy["copy_id"]}, {"$set": {"printed_at": utc_now() - COPY_LASTS * 1.01}}
    )
    late = paper_of(centre, payment, copy)
    assert (late.status_code, json_of(late)["code"]) == (409, "receipt-copy-too-old")


def test_a_paper_is_for_who_paid_and_of_the_payments_own_copies(world: World) -> None:
    centre, other = world.centre(), world.centre()
    payment, another = paid(centre), json_of(centre.pay(centre.bill(another_consumer())))
    copy = printed(centre, payment)
    assert json_of(paper_of(other, payment, copy))["code"] == "payment-not-found"
    assert json_of(paper_of(centre, another, copy))["code"] == "receipt-copy-not-found"
    assert json_of(paper_of(centre, payment, {"copy_id": "rcp_" + "0" * 32}))["code"] == "receipt-copy-not-found"
    for size in ("A5", "", "80mm%00", "a4&format=a5"):
        assert paper_of(centre, payment, copy, f"?format={size}").status_code in (400, 422), size
    pending = json_of(centre.pay(centre.bill("100000000005")))
    assert json_of(paper_of(centre, pending, copy))["code"] == "no-receipt-yet"


def test_a_paper_printed_after_a_refund_says_so(world: World) -> None:
    centre = world.centre()
    payment = paid(centre)
    centre.refund(payment["payment_id"], 2_500, 152_500)
    assert "₹25.00 went back since" in words_of(paper_of(centre, payment, printed(centre, payment)))
