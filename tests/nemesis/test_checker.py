"""Every rule of the checker names the damage that is its own, and a sound history breaks none."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from tests.nemesis.__main__ import kept
from tests.nemesis.checker import Evidence, outcomes, problem_of, violations
from tests.nemesis.history import Event, History
from tests.support.invariants import Books, Row

OPENING = 1_000_000
WALLET = "ksk_1"


@dataclass
class Story:
    """A history and the books to it, told call by call; time goes on by a second with every line."""

    history: list[Event] = field(default_factory=list)
    books: Books = field(default_factory=lambda: Books({}, [], [], [], {}, set(), [], {}, {}, [], [], [], []))

    def call(self, operation: Any, kind: Any, asked: dict[str, Any], answer: dict[str, Any]) -> None:
        call, at = f"call-{len(self.history)}", float(len(self.history))
        begun = Event(at=at, process=1, operation=operation, kind="invoke", call=call, **asked)
        named = {"key": begun.key, "wallet": begun.wallet, "payment": begun.payment}
        ended = Event(at=at + 1, process=1, operation=operation, kind=kind, call=call, **(named | answer))
        self.history += [begun, ended]

    def pay(self, key: str, kind: str, bill: str = "", **answer: Any) -> None:
        asked = {"key": key, "bill": bill or f"bill-{key}", "paise": 1_000, "wallet": WALLET}
        self.call("pay", kind, asked, answer)

    def enter(self, payment: str, state: str, receipt: str | None = None, **changes: Any) -> None:
        """Enter into the books what the last call made."""
        made = self.history[-2]
        self.books.payments[payment] = {
            "_id": payment,
            "request_id": made.call,
            "bill_id": made.bill,
            "application_id": None,
            "bill_paise": 900,
            "service_charge_paise": 100,
            "state": state,
            "receipt": {"number": receipt} if receipt else None,
        } | changes

    def apply(self, application: str, state: str) -> None:
        """Lodge an application, which is in that state in the end."""
        self.call("apply", "ok", {"key": f"key-{application}"}, {"application": application, "state": "FEE_DUE"})
        self.books.applications[application] = {"_id": application, "state": state}

    def look(self, operation: str, payment: str, kind: str = "ok", **answer: Any) -> None:
        self.call(operation, kind, {"payment": payment}, answer)

    def wallet(self, paise: int) -> None:
        self.call("wallet", "ok", {"wallet": WALLET}, {"paise": paise})

    def top_up(self, key: str, kind: str, **answer: Any) -> None:
        self.call("top-up", kind, {"key": key, "wallet": WALLET, "paise": 500}, answer)

    def enter_top_up(self, top_up: str, state: str, **changes: Any) -> None:
        """Enter into the books what the last call made."""
        row = {"_id": top_up, "request_id": self.history[-2].call, "kiosk_id": WALLET, "paise": 500, "state": state}
        self.books.top_ups.append(row | changes)

    def top_up_of(self, top_up: str) -> Row:
        return next(row for row in self.books.top_ups if row["_id"] == top_up)

    def of(self, payment: str) -> Row:
        return self.books.payments[payment]

    def change(self, chosen: Callable[[Event], bool], **members: Any) -> None:
        """Have the last event of that kind say something else."""
        place = max(number for number, event in enumerate(self.history) if chosen(event))
        self.history[place] = replace(self.history[place], **members)


@pytest.fixture
def story() -> Story:
    """One payment after the other, as they come in a run with faults; 6,000 paise are taken in the end."""
    story = Story()
    story.wallet(OPENING)
    story.pay("answered", "ok", payment="pay_1", state="COMPLETED", receipt="R1")
    story.enter("pay_1", "COMPLETED", "R1")
    story.pay("accepted", "ok", payment="pay_2", state="POST_REQUESTED")
    story.enter("pay_2", "COMPLETED", "R2")
    story.look("payment", "pay_2", state="POST_UNKNOWN")
    story.look("receipt", "pay_2", "fail", code="no-receipt-yet")
    story.look("view", "pay_2", state="PROCESSING")
    story.look("payment", "pay_2", state="COMPLETED", receipt="R2")
    story.look("receipt", "pay_2", state="COMPLETED", receipt="R2")
    story.look("view", "pay_2", state="COMPLETED")
    story.look("view", "pay_2", state="COMPLETED")
    story.wallet(OPENING - 2_000)
    story.pay("another", "fail", bill="bill-answered", code="bill-already-paid")
    story.pay("repeated", "indeterminate", code="ReadTimeoutError")
    story.enter("pay_3", "COMPLETED", "R3")
    story.pay("repeated", "ok", payment="pay_3", state="COMPLETED", receipt="R3")
    story.pay("given up, done", "indeterminate", code="answer-lost")
    story.enter("pay_4", "COMPLETED", "R4")
    story.pay("given up, not done", "indeterminate", code="ProtocolError")
    story.pay("given up, given back", "indeterminate", code="ProtocolError")
    story.enter("pay_5", "VOIDED")
    story.pay("refused by the biller", "ok", payment="pay_6", state="VOIDED")
    story.enter("pay_6", "VOIDED")
    story.pay("the same bill again", "ok", "bill-refused by the biller", payment="pay_7", state="COMPLETED")
    story.enter("pay_7", "COMPLETED", "R7")
    story.apply("app_1", "IN_VERIFICATION")
    story.pay("of a fee", "ok", payment="pay_9", state="COMPLETED", receipt="R10")
    story.enter("pay_9", "COMPLETED", "R10", application_id="app_1")
    story.pay("of a fee, by another bill", "fail", code="bill-already-paid")
    story.apply("app_2", "FEE_DUE")
    story.top_up("credited", "ok", top_up="top_1", state="CREDITED")
    story.enter_top_up("top_1", "CREDITED")
    story.top_up("in doubt, then credited", "indeterminate", code="ReadTimeoutError")
    story.enter_top_up("top_2", "CREDITED")
    story.top_up("in doubt, then credited", "ok", top_up="top_2", state="UNKNOWN")
    story.top_up("declined", "ok", top_up="top_3", state="REFUSED")
    story.enter_top_up("top_3", "REFUSED")
    story.top_up("given up", "indeterminate", code="ProtocolError")
    story.wallet(OPENING - 5_000)
    story.books.wallets.append({"_id": WALLET, "available_paise": OPENING - 5_000})
    return story


def test_a_history_in_which_clients_saw_every_kind_of_trouble_is_sound(story: Story) -> None:
    assert violations(story.history, story.books) == []


def test_what_became_of_each_key_is_counted(story: Story) -> None:
    assert outcomes(Evidence(story.history, story.books)) == {
        "ok, COMPLETED": 5,
        "ok, VOIDED": 1,
        "fail, nothing": 2,
        "indeterminate, COMPLETED": 1,
        "indeterminate, VOIDED": 1,
        "indeterminate, nothing": 1,
    }


# ---- damage


def lose_a_promised_payment(story: Story) -> None:
    del story.books.payments["pay_7"]
    story.books.wallets[0]["available_paise"] += 1_000


def undo_a_promised_payment(story: Story) -> None:
    story.of("pay_1").update(state="VOIDED", receipt=None)
    story.books.wallets[0]["available_paise"] += 1_000


def answer_with_anothers_bill(story: Story) -> None:
    story.of("pay_1")["bill_id"] = "bill-of-somebody"


def take_another_amount(story: Story) -> None:
    story.of("pay_4")["service_charge_paise"] += 1


def take_money_for_a_refused_request(story: Story) -> None:
    refused = next(event for event in story.history if event.key == "another")
    story.books.payments["pay_8"] = story.of("pay_1") | {
        "_id": "pay_8", "request_id": refused.call, "bill_id": "bill-8", "receipt": {"number": "R8"}
    }  # fmt: skip
    story.books.wallets[0]["available_paise"] -= 1_000


def refuse_what_was_answered(story: Story) -> None:
    story.pay("answered", "fail", code="bill-already-paid")


def pay_twice_under_one_key(story: Story) -> None:
    story.pay("answered", "ok", payment="pay_8", state="COMPLETED", receipt="R8")
    story.enter("pay_8", "COMPLETED", "R8")
    story.books.wallets[0]["available_paise"] -= 1_000


def pay_twice_without_telling(story: Story) -> None:
    story.pay("repeated", "indeterminate", code="ProtocolError")
    story.enter("pay_8", "COMPLETED", "R8", bill_id="bill-8")
    story.books.wallets[0]["available_paise"] -= 1_000


def answer_two_keys_with_one_payment(story: Story) -> None:
    story.pay("another one", "ok", "bill-answered", payment="pay_1", state="COMPLETED", receipt="R1")


def pay_a_bill_under_two_keys(story: Story) -> None:
    story.pay("rival", "ok", "bill-answered", payment="pay_8", state="COMPLETED", receipt="R8")
    story.enter("pay_8", "COMPLETED", "R8")
    story.books.wallets[0]["available_paise"] -= 1_000


def lose_an_application(story: Story) -> None:
    del story.books.applications["app_2"]


def pay_a_fee_by_two_bills(story: Story) -> None:
    story.pay("rival", "ok", "bill-of-the-fee", payment="pay_8", state="COMPLETED", receipt="R8")
    story.enter("pay_8", "COMPLETED", "R8", application_id="app_1")
    story.books.wallets[0]["available_paise"] -= 1_000


def leave_a_paid_fee_due(story: Story) -> None:
    story.books.applications["app_1"]["state"] = "FEE_DUE"


def leave_an_indeterminate_one_half_done(story: Story) -> None:
    story.of("pay_4").update(state="POST_UNKNOWN", receipt=None)


def pay_what_nobody_asked_for(story: Story) -> None:
    story.books.payments["pay_8"] = story.of("pay_1") | {
        "_id": "pay_8", "request_id": "req_of_nobody", "bill_id": "bill-8", "receipt": {"number": "R8"}
    }  # fmt: skip


def see_it_go_back(story: Story) -> None:
    story.look("payment", "pay_1", state="POST_REQUESTED")


def see_it_vanish(story: Story) -> None:
    story.look("payment", "pay_1", "fail", code="payment-not-found")


def see_the_receipt_vanish(story: Story) -> None:
    story.look("receipt", "pay_1", "fail", code="no-receipt-yet")


def see_the_view_go_back(story: Story) -> None:
    story.look("view", "pay_2", state="PROCESSING")


def show_another_receipt(story: Story) -> None:
    story.change(lambda event: event.operation == "receipt" and event.kind == "ok", receipt="R9")


def number_two_receipts_alike(story: Story) -> None:
    story.of("pay_4")["receipt"] = {"number": "R3"}


def take_a_paisa_too_much(story: Story) -> None:
    story.books.wallets[0]["available_paise"] -= 1


def show_a_wallet_that_forgot_a_payment(story: Story) -> None:
    story.change(lambda event: event.operation == "wallet", paise=OPENING - 3_999)


def show_a_wallet_that_paid_too_early(story: Story) -> None:
    story.change(lambda event: event.operation == "wallet" and event.paise == OPENING - 2_000, paise=OPENING - 2_001)


def show_a_wallet_without_what_it_was_told(story: Story) -> None:
    story.change(lambda event: event.operation == "wallet", paise=OPENING - 7_501)


def lose_a_promised_top_up(story: Story) -> None:
    story.books.top_ups.remove(story.top_up_of("top_3"))


def credit_a_top_up_twice_under_one_key(story: Story) -> None:
    made = story.top_up_of("top_1")
    story.books.top_ups.append(made | {"_id": "top_1b", "state": "REFUSED"})


def credit_another_amount_than_was_asked(story: Story) -> None:
    story.top_up_of("top_3")["paise"] += 1


def leave_a_top_up_half_done(story: Story) -> None:
    story.top_up_of("top_2")["state"] = "UNKNOWN"
    story.books.wallets[0]["available_paise"] -= 500
    story.change(lambda event: event.operation == "wallet" and event.kind == "ok", paise=OPENING - 5_500)


def refuse_what_was_told_as_credited(story: Story) -> None:
    story.top_up_of("top_3")["state"] = "CREDITED"
    story.books.wallets[0]["available_paise"] += 500


def top_up_what_nobody_asked_for(story: Story) -> None:
    story.books.top_ups.append(story.top_up_of("top_3") | {"_id": "top_4", "request_id": "call-of-nobody"})


@pytest.mark.parametrize(
    ("damage", "broken"),
    [
        (lose_a_promised_payment, {"what was promised is kept"}),
        (undo_a_promised_payment, {"what was promised is kept"}),
        (answer_with_anothers_bill, {"what was promised is kept"}),
        (take_another_amount, {"a payment happens whole or not at all"}),
        (take_money_for_a_refused_request, {"a refusal has no effect"}),
        (refuse_what_was_answered, {"a refusal has no effect"}),
        (pay_twice_under_one_key, {"a key stands for one payment", "a bill is paid at most once"}),
        (pay_twice_without_telling, {"a key stands for one payment"}),
        (answer_two_keys_with_one_payment, {"a key stands for one payment"}),
        (pay_a_bill_under_two_keys, {"a bill is paid at most once"}),
        (lose_an_application, {"an application is kept and its fee paid once"}),
        (pay_a_fee_by_two_bills, {"an application is kept and its fee paid once"}),
        (leave_a_paid_fee_due, {"an application is kept and its fee paid once"}),
        (leave_an_indeterminate_one_half_done, {"a payment happens whole or not at all"}),
        (pay_what_nobody_asked_for, {"nobody pays unasked"}),
        (see_it_go_back, {"what was seen stays"}),
        (see_it_vanish, {"what was seen stays"}),
        (see_the_receipt_vanish, {"what was seen stays"}),
        (see_the_view_go_back, {"what was seen stays"}),
        (show_another_receipt, {"a receipt keeps its number"}),
        (number_two_receipts_alike, {"a receipt keeps its number"}),
        (take_a_paisa_too_much, {"wallets add up"}),
        (show_a_wallet_that_forgot_a_payment, {"wallets add up"}),
        (show_a_wallet_that_paid_too_early, {"wallets add up"}),
        (show_a_wallet_without_what_it_was_told, {"wallets add up"}),
        (lose_a_promised_top_up, {"a top up happens once and as it was told"}),
        (credit_a_top_up_twice_under_one_key, {"a top up happens once and as it was told"}),
        (credit_another_amount_than_was_asked, {"a top up happens once and as it was told"}),
        (leave_a_top_up_half_done, {"a top up happens once and as it was told"}),
        (refuse_what_was_told_as_credited, {"a top up happens once and as it was told"}),
        (top_up_what_nobody_asked_for, {"a top up happens once and as it was told"}),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_each_kind_of_damage_is_named(story: Story, damage: Callable[[Story], None], broken: set[str]) -> None:
    damage(story)
    assert {violation.rule for violation in violations(story.history, story.books)} == broken


def test_two_looks_at_the_same_time_may_come_in_either_order(story: Story) -> None:
    story.look("payment", "pay_1", state="POST_REQUESTED")
    began = next(event.at for event in story.history if event.key == "answered")
    story.change(lambda event: event.operation == "payment" and event.kind == "invoke", at=began)
    assert violations(story.history, story.books) == []


def test_a_call_that_never_ended_is_indeterminate(story: Story) -> None:
    story.pay("unended", "indeterminate")
    story.history.pop()
    assert violations(story.history, story.books) == []
    assert outcomes(Evidence(story.history, story.books))["indeterminate, nothing"] == 2


def test_a_violation_shows_the_calls_that_it_is_about(story: Story) -> None:
    see_it_go_back(story)
    [violation] = violations(story.history, story.books)
    assert {event.payment or event.key for event in violation.part_of(story.history)} == {"pay_1", "answered"}
    assert len(violation.part_of(story.history)) == 4


def test_a_broken_invariant_shows_the_calls_of_the_payments_it_names(story: Story) -> None:
    problem = problem_of("I2: 1 break(s): pay_4: COMPLETED, taken 0, posted 0; pay_unknown: nothing", story.books)
    made = story.of("pay_4")["request_id"]
    assert made in {event.call for event in problem.part_of(story.history)}
    assert not {event.payment for event in problem.part_of(story.history)} - {"", "pay_4"}


def test_the_history_is_kept_when_the_run_is_broken_off(tmp_path: Path) -> None:
    history, file = History(), tmp_path / "made" / "history.jsonl"
    history.invoke("pay", 1, "call-1", key="asked")
    with pytest.raises(KeyboardInterrupt), kept(history, [(0.5, "kill", "rabbitmq")], file):
        raise KeyboardInterrupt
    assert [json.loads(line).get("fault", "call") for line in file.read_text().splitlines()] == ["call", "kill"]
