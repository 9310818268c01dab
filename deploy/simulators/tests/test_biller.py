"""The biller: one effect per request id, bad input refused, faults as ordered, nothing forgotten."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.support.biller_under_test import BillerUnderTest, StartBiller

from emitra_simulators import biller as biller_module
from emitra_simulators.biller import BillerNetwork
from emitra_simulators.biller_records import PaymentRequest
from emitra_simulators.controls import FaultChanges, Faults, SimulatedClock
from emitra_simulators.journal import FileJournal, JournalDamaged, JournalInUse, NoJournal, replay


def test_the_same_request_again_has_the_same_answer_and_no_second_effect(biller: BillerUnderTest) -> None:
    body = biller.payment("100000000001")
    answers = [biller.client.post("/payments", json=body).get_json() for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    [payment] = biller.audit()
    assert payment["times_received"] == 3
    assert (payment["request_id"], payment["amount_paise"], payment["status"]) == ("pay_1:post", 152500, "SUCCESS")


@pytest.mark.parametrize(
    "change",
    [
        {"amount_paise": 1},
        {"biller_id": "AVVNL"},
        {"bill_ref": "0-a-b"},
        {"customer_params": {"k_number": "200000000000"}},
        {"callback_url": "http://127.0.0.1:1/"},
    ],
)
def test_a_request_id_used_for_another_payment_is_refused(biller: BillerUnderTest, change: dict[str, Any]) -> None:
    body = biller.payment("100000000001")
    biller.client.post("/payments", json=body)
    refused = biller.client.post("/payments", json=body | change)
    assert (refused.status_code, refused.get_json()["error"]) == (409, "request-id-reused")
    assert [payment["times_received"] for payment in biller.audit()] == [1]


def test_an_inquiry_for_what_was_never_received_is_not_found(biller: BillerUnderTest) -> None:
    assert biller.inquire("pay_never").status_code == 404


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"amount_paise": "152500"}, 400),
        ({"amount_paise": 1525.0}, 400),
        ({"amount_paise": True}, 400),
        ({"amount_paise": 0}, 400),
        ({"amount_paise": -152500}, 400),
        ({"amount_paise": None}, 400),
        ({"amount_paise": 10**30}, 400),
        ({"request_id": ""}, 400),
        ({"request_id": "a b"}, 400),
        ({"request_id": "a\n"}, 400),
        ({"request_id": "x" * 129}, 400),
        ({"biller_id": "NOBODY"}, 404),
        ({"customer_params": {}}, 400),
        ({"customer_params": {"k_number": 100000000001}}, 400),
        ({"customer_params": {"k_number": "10000000000a"}}, 400),
        ({"customer_params": {"k_number": "1000000000011"}}, 400),
        ({"customer_params": {"k_number": "१00000000001"}}, 400),
        ({"customer_params": {"k_number": "100000000001", "mobile_number": "9"}}, 400),
        ({"customer_params": ["100000000001"]}, 400),
        ({"bill_ref": "0-forged-0000000000000000"}, 422),
        ({"bill_ref": "²-a-b"}, 422),
        ({"bill_ref": ""}, 422),
        ({"callback_url": "ftp://127.0.0.1/"}, 400),
        ({"surprise": 1}, 400),
    ],
)
def test_a_bad_payment_is_refused_and_leaves_nothing(
    biller: BillerUnderTest, change: dict[str, Any], status: int
) -> None:
    refused = biller.pay("100000000001", **change)
    assert refused.status_code == status
    assert set(refused.get_json()) == {"error", "detail"}
    assert biller.audit() == []


@pytest.mark.parametrize("missing", ["request_id", "biller_id", "bill_ref", "customer_params", "amount_paise"])
def test_a_payment_without_one_of_its_members_is_refused_by_name(biller: BillerUnderTest, missing: str) -> None:
    body = biller.payment("100000000001")
    del body[missing]
    refused = biller.client.post("/payments", json=body)
    assert refused.status_code == 400
    assert missing in refused.get_json()["detail"]


def test_another_consumers_bill_cannot_be_paid(biller: BillerUnderTest) -> None:
    theirs = biller.fetch("100000000007").get_json()["bills"][0]["bill_ref"]
    assert biller.pay("100000000001", bill_ref=theirs).get_json()["error"] == "unknown-bill"


def test_a_reference_tells_nothing_of_the_consumer(biller: BillerUnderTest) -> None:
    answer = biller.fetch("9123456789", "BSNL", "mobile_number").text
    assert "9123456789" not in answer


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[" * 60_000, "application/json", 400),
        (b"a=1", "application/x-www-form-urlencoded", 415),
        (b'{"biller_id": "' + b"x" * 70_000 + b'"}', "application/json", 413),
    ],
)
def test_what_is_not_a_small_json_object_is_refused(
    biller: BillerUnderTest, body: bytes, content_type: str, status: int
) -> None:
    for path in ("/payments", "/bill-fetches", "/control/faults", "/control/clock"):
        refused = biller.client.post(path, data=body, content_type=content_type)
        assert refused.status_code == status
        assert set(refused.get_json()) == {"error", "detail"}


def test_an_unknown_path_and_a_wrong_method_are_answered_in_json(biller: BillerUnderTest) -> None:
    assert biller.client.get("/nowhere").get_json()["error"] == "not-found"
    wrong = biller.client.delete("/payments")
    assert (wrong.status_code, set(wrong.headers["Allow"].split(", "))) == (405, {"OPTIONS", "POST"})


def test_a_request_that_is_to_fail_does_nothing(biller: BillerUnderTest) -> None:
    body = biller.payment("100000000001")
    biller.client.post("/control/faults", json={"fail_next": 2})
    assert [biller.client.post("/payments", json=body).status_code for _ in range(3)] == [503, 503, 200]
    assert biller.audit()[0]["times_received"] == 1


def test_a_request_that_is_to_hang_pays_first_and_then_waits(biller: BillerUnderTest) -> None:
    body = biller.payment("100000000001")
    biller.client.post("/control/faults", json={"hang_next": 1, "hang_seconds": 12.5})
    for _ in range(2):
        assert biller.client.post("/payments", json=body).get_json()["status"] == "SUCCESS"
    assert biller.slept == [12.5]


def test_a_request_whose_answer_is_to_be_dropped_pays_all_the_same(biller: BillerUnderTest) -> None:
    body = biller.payment("100000000001")
    biller.client.post("/control/faults", json={"drop_response_next": 1})
    with pytest.raises(ConnectionResetError):
        biller.client.post("/payments", json=body)
    assert biller.inquire().get_json()["status"] == "SUCCESS"


def test_a_request_that_hangs_does_not_use_up_a_fault_ordered_meanwhile() -> None:
    faults = Faults(sleep=lambda _: faults.change(FaultChanges(drop_response_next=1)))
    faults.change(FaultChanges(hang_next=1))
    faults.before_answer("payment")
    assert faults.settings.drop_response_next == 1


def test_latency_meets_every_request_but_the_controls(biller: BillerUnderTest) -> None:
    biller.client.post("/control/faults", json={"latency_ms": 250})
    biller.fetch("100000000001")
    biller.inquire()
    biller.client.get("/control/faults")
    assert biller.slept == [0.25, 0.25]


def test_faults_meet_inquiries_only_when_asked(biller: BillerUnderTest) -> None:
    biller.pay("100000000001")
    biller.client.post("/control/faults", json={"fail_next": 1})
    assert biller.inquire().status_code == 200
    biller.client.post("/control/faults", json={"operations": ["inquiry"]})
    assert biller.fetch("100000000001").status_code == 200
    assert [biller.inquire().status_code for _ in range(2)] == [503, 200]


def test_a_change_of_faults_leaves_the_others_and_shows_all(biller: BillerUnderTest) -> None:
    biller.client.post("/control/faults", json={"latency_ms": 5})
    shown = biller.client.post("/control/faults", json={"hang_next": 3}).get_json()
    assert shown == {
        "latency_ms": 5,
        "fail_next": 0,
        "hang_next": 3,
        "hang_seconds": 35.0,
        "drop_response_next": 0,
        "operations": ["fetch", "payment"],
        "down": [],
    }


@pytest.mark.parametrize(
    "faults", [{"hang_seconds": 61}, {"latency_ms": -1}, {"fail_next": "2"}, {"operations": ["all"]}, {"fail": 1}]
)
def test_impossible_faults_are_refused(biller: BillerUnderTest, faults: dict[str, Any]) -> None:
    assert biller.client.post("/control/faults", json=faults).status_code == 400


@pytest.mark.parametrize("advance", [-1, "60", 10**9, None])
def test_the_clock_never_goes_back_nor_years_ahead(biller: BillerUnderTest, advance: object) -> None:
    assert biller.client.post("/control/clock", json={"advance_seconds": advance}).status_code == 400


def test_a_restart_forgets_neither_payments_nor_the_clock(start_biller: StartBiller, tmp_path: Path) -> None:
    state = tmp_path / "deep" / "biller.jsonl"
    before = start_biller(state)
    slow, quick = before.payment("100000000005", "pay_slow"), before.payment("100000000001", "pay_quick")
    for body in (slow, quick, quick):
        before.client.post("/payments", json=body)
    before.advance(400)
    remembered = before.audit()

    after = start_biller(state)
    assert after.audit() == remembered
    assert [payment["times_received"] for payment in remembered] == [1, 2]
    assert after.client.post("/payments", json=slow).get_json()["status"] == "PENDING"
    after.advance(200)
    assert after.inquire("pay_slow").get_json()["status"] == "SUCCESS"
    assert after.client.post("/payments", json=quick | {"amount_paise": 1}).status_code == 409


def test_the_state_file_holds_no_consumer_number(start_biller: StartBiller, tmp_path: Path) -> None:
    state = tmp_path / "biller.jsonl"
    start_biller(state).pay("200000004321")
    assert "pay_1:post" in state.read_text()
    assert "200000004321" not in state.read_text()


def test_a_line_cut_short_by_a_crash_is_dropped(start_biller: StartBiller, tmp_path: Path) -> None:
    state = tmp_path / "biller.jsonl"
    start_biller(state).pay("100000000001")
    content = state.read_bytes()
    state.write_bytes(content + content[:40])
    assert len(start_biller(state).audit()) == 1
    assert state.read_bytes() == content


@pytest.mark.parametrize("line", ["not json", "[]", '{"authorised": {}}', '{"accepted": {"request_id": 1}}'])
def test_a_damaged_state_file_is_refused_by_line(start_biller: StartBiller, tmp_path: Path, line: str) -> None:
    state = tmp_path / "biller.jsonl"
    state.write_text('{"clock_offset_seconds": 1.0}\n' + line + "\n")
    with pytest.raises(JournalDamaged, match=r"\b2\b"):
        start_biller(state)


def test_two_simulators_never_share_a_state_file(start_biller: StartBiller, tmp_path: Path) -> None:
    start_biller(tmp_path / "biller.jsonl")
    with pytest.raises(JournalInUse, match=r"biller\.jsonl"):
        FileJournal(tmp_path / "biller.jsonl")


def test_entries_come_back_in_the_order_of_writing(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "numbers.jsonl")
    for number in range(100):
        journal.append({"number": number})
    seen: list[int] = []
    replay(journal, lambda entry: seen.append(entry["number"]))
    journal.close()
    assert seen == list(range(100))
    assert len((tmp_path / "numbers.jsonl").read_text().splitlines()) == 100


class SlowJournal(NoJournal):
    """A disk so slow that a second caller overtakes the first where nothing prevents it."""

    def append(self, entry: dict[str, Any]) -> None:
        time.sleep(0.02)
        super().append(entry)


def test_the_same_request_from_many_callers_at_the_same_moment_is_accepted_once() -> None:
    network = BillerNetwork(SlowJournal(), SimulatedClock())
    consumer = {"k_number": "200000000001"}
    [bill] = network.bills("JVVNL", consumer)
    body = PaymentRequest("pay_1", "JVVNL", bill["bill_ref"], consumer, bill["amount_paise"])
    with ThreadPoolExecutor(8) as callers:
        firsts = [first for _, _, first in callers.map(network.pay, [body] * 8)]
    assert sorted(firsts) == [False] * 7 + [True]
    assert network.payment("pay_1").times_received == 8


def test_a_full_memory_refuses_new_payments_but_knows_the_old(
    biller: BillerUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(biller_module, "MAX_PAYMENTS", 1)
    body = biller.payment("100000000001", "pay_1")
    assert biller.client.post("/payments", json=body).status_code == 200
    assert biller.pay("100000000001", "pay_2").get_json()["error"] == "full"
    assert biller.client.post("/payments", json=body).status_code == 200


def test_the_audit_is_read_page_by_page(biller: BillerUnderTest) -> None:
    for number in range(5):
        biller.pay("100000000001", f"pay_{number}")
    first = biller.client.get("/control/payments?limit=3").get_json()
    second = biller.client.get(f"/control/payments?limit=3&offset={first['next_offset']}").get_json()
    seen = [payment["request_id"] for payment in first["payments"] + second["payments"]]
    assert seen == [f"pay_{number}" for number in range(5)]
    assert (first["count"], second["next_offset"]) == (5, None)
    one = biller.client.get("/control/payments?request_id=pay_3").get_json()["payments"]
    assert [payment["request_id"] for payment in one] == ["pay_3"]


@pytest.mark.parametrize("query", ["limit=0", "limit=100001", "offset=-1", "limit=x", "surprise=1"])
def test_a_bad_audit_query_is_refused(biller: BillerUnderTest, query: str) -> None:
    assert biller.client.get(f"/control/payments?{query}").status_code == 400


def test_it_says_that_it_is_alive(biller: BillerUnderTest) -> None:
    assert json.loads(biller.client.get("/livez").text) == {"alive": True}
