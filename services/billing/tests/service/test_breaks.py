"""Two people end what no answer ended: over a real database, with everything that the saga would have booked."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.operators import identitys_keys, operator_token
from tests.support.world import Caller, World, another_consumer, inr, json_of
from typer.testing import CliRunner

from billing.application.refunds.return_refused_fee import ReturnRefusedFee
from billing.domain.payments.answers import Answer, Outcome
from billing.domain.payments.payment import Failure, State
from billing.domain.payments.saga import Ask, Attempt, Decision
from billing.entrypoints import commands as billing_commands
from billing.entrypoints.service import SERVICE
from servicekit.http import Actor, Person
from servicekit.ids import public_id
from servicekit.instants import utc_now
from servicekit.service import command_line

NOT_DONE = {"ending": "not-done", "evidence": "BILLER-LETTER-2026-118"}
DONE = {"ending": "done", "reference": "BILLER-REF-1", "evidence": "BILLER-LETTER-2026-118"}


class Desk:
    """Two people of the state administration, and what they do with breaks."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.first, self.second = (
            Caller(world.http, person=Person(f"per_{letter * 32}", "state_admin")) for letter in "ab"
        )

    def propose(self, break_id: str, body: dict[str, Any], by: Caller | None = None) -> Any:
        caller = by or self.first
        return caller.http.put(f"/v1/breaks/{break_id}/proposal", json=body, headers=caller.headers(None))

    def approve(self, break_id: str, proposal_id: str, by: Caller | None = None) -> Any:
        return (by or self.second).post(f"/v1/breaks/{break_id}/approvals", {"proposal_id": proposal_id})

    def end(self, break_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """Proposed by one and approved by the other."""
        proposed = json_of(self.propose(break_id, body))
        answer = self.approve(break_id, proposed["proposal"]["proposal_id"])
        assert answer.status_code == 200, answer.json
        ended: dict[str, Any] = json_of(answer)
        return ended


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


def manual_payment(world: World, payer: Caller) -> str:
    """A payment whose answer was lost, of which the biller could not say anything by the deadline."""
    by_card: dict[str, Any] = {} if payer.kiosk_id else {"mode": "CARD", "payment_instrument": "tok_sandbox_ok"}
    bill = payer.bill(another_consumer())
    world.biller.faults(drop_response_next=1)
    payment_id: str = json_of(payer.pay(bill, **by_card))["payment_id"]
    world.biller.faults(fail_next=1_000, operations=["inquiry"])
    world.mongo.db.payments.update_one({"_id": payment_id}, {"$set": {"deadline_at": utc_now()}})
    world.make_due(payment_id)
    world.sweep_until(payment_id, "MANUAL")
    world.biller.faults(fail_next=0, operations=["fetch", "payment"])
    return payment_id


def manual_refund(world: World) -> tuple[str, str]:
    portal = world.portal()
    bill = portal.bill(another_consumer())
    paid = portal.pay(bill, mode="CARD", payment_instrument="tok_sandbox_refund_pending")
    payment_id = json_of(paid)["payment_id"]
    admin = Caller(world.http, person=Person("per_" + "c" * 32, "state_admin"))
    refund_id = json_of(admin.refund(payment_id, 500, 152_500, reason="paid-twice"))["refund_id"]
    world.make_refund_due(refund_id, deadline_at=utc_now())
    world.sweep_refund_until(refund_id, "MANUAL")
    return payment_id, refund_id


def manual_top_up(world: World, centre: Caller) -> str:
    top_up_id: str = json_of(centre.top_up(50_000, payment_instrument="tok_sandbox_pending"))["top_up_id"]
    world.make_top_up_due(top_up_id, deadline_at=utc_now())
    world.sweep_top_up_until(top_up_id, "MANUAL")
    return top_up_id


def test_a_payment_that_was_done_is_completed_with_the_partners_reference(world: World, desk: Desk) -> None:
    centre = world.centre(200_000)
    payment_id = manual_payment(world, centre)
    break_id = f"{payment_id}:unresolved"

    shown = json_of(desk.first.get(f"/v1/breaks/{break_id}"))
    assert (shown["status"], shown["owner"], shown["endings"]) == ("open", "operations", ["done", "not-done"])
    proposed = json_of(desk.propose(break_id, DONE))["proposal"]
    assert (proposed["becomes"], proposed["stands"], proposed["proposed_by"]) == ("COMPLETED", True, "per_" + "a" * 32)
    legs = {leg["account"]: leg["amount"]["amount"] for leg in proposed["books"]}
    assert legs[f"wallet-held:{centre.kiosk_id}"] == -152_500
    assert sum(legs.values()) == 0
    assert world.kinds_of(payment_id) == ["hold"]  # so far nothing is booked

    ended = json_of(desk.approve(break_id, proposed["proposal_id"]))

    assert (ended["status"], ended["approved_by"], ended["endings"]) == ("resolved", "per_" + "b" * 32, [])
    payment = centre.payment(payment_id)
    assert (payment["status"], payment["receipt"]["biller_reference"]) == ("COMPLETED", "BILLER-REF-1")
    assert world.kinds_of(payment_id) == ["hold", "post"]
    assert world.events_of(payment_id) == ["payment.completed.v1"]


def test_a_payment_that_was_not_done_gives_the_money_back(world: World, desk: Desk) -> None:
    centre = world.centre(200_000)
    payment_id = manual_payment(world, centre)

    desk.end(f"{payment_id}:unresolved", NOT_DONE)

    payment = centre.payment(payment_id)
    assert (payment["status"], payment["failure"]["detail"]) == ("FAILED", "found-not-done")
    assert centre.wallet()["available"] == inr(200_000)
    assert world.events_of(payment_id) == ["payment.failed.v1"]


def test_a_payment_by_card_that_was_not_done_lets_go_of_the_card(world: World, desk: Desk) -> None:
    payment_id = manual_payment(world, world.portal())
    desk.end(f"{payment_id}:unresolved", NOT_DONE)
    world.make_due(payment_id)
    world.sweep_until(payment_id, "VOIDED")
    assert world.kinds_of(payment_id) == ["hold", "void"]


@pytest.mark.parametrize(("body", "state", "kinds"), [(DONE, "REFUNDED", 1), (NOT_DONE, "REFUSED", 0)])
def test_a_refund_ends_as_it_was_found(world: World, desk: Desk, body: dict[str, Any], state: str, kinds: int) -> None:
    payment_id, refund_id = manual_refund(world)
    desk.end(f"{payment_id}:refund-unresolved:{refund_id}", body)
    refund = world.mongo.db.refunds.find_one({"_id": refund_id})
    assert refund is not None
    assert refund["state"] == state
    assert world.kinds_of(payment_id).count("refund") == kinds
    assert world.portal().payment(payment_id)["refundable"] == inr(152_000 if kinds else 152_500)
    assert world.mongo.db.breaks.count_documents({"payment_id": payment_id, "status": "open"}) == 0


@pytest.mark.parametrize(("body", "state", "paise"), [(DONE, "CREDITED", 50_000), (NOT_DONE, "REFUSED", 0)])
def test_a_top_up_ends_as_it_was_found(world: World, desk: Desk, body: dict[str, Any], state: str, paise: int) -> None:
    centre = world.centre(0)
    top_up_id = manual_top_up(world, centre)
    desk.end(f"top-up-unresolved:{top_up_id}", body)
    assert json_of(centre.get(f"/v1/wallets/{centre.kiosk_id}/top-ups/{top_up_id}"))["state"] == state
    assert centre.wallet()["available"] == inr(paise)


def test_nobody_approves_their_own_proposal_and_the_approval_of_another_books_once(world: World, desk: Desk) -> None:
    centre = world.centre(0)
    break_id = f"top-up-unresolved:{manual_top_up(world, centre)}"
    proposal_id = json_of(desk.propose(break_id, DONE))["proposal"]["proposal_id"]

    own = desk.approve(break_id, proposal_id, by=desk.first)
    assert (own.status_code, json_of(own)["code"]) == (403, "same-person")
    assert centre.wallet()["available"] == inr(0)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: desk.approve(break_id, proposal_id), range(6)))

    assert {answer.status_code for answer in answers} <= {200, 409, 412}
    assert desk.approve(break_id, proposal_id).status_code == 200  # a repeat of what was done
    assert centre.wallet()["available"] == inr(50_000)
    assert world.mongo.db.journal.count_documents({"kiosk_id": centre.kiosk_id}) == 1
    third = Caller(world.http, person=Person("per_" + "d" * 32, "state_admin"))
    late = desk.approve(break_id, proposal_id, by=third)
    assert (late.status_code, json_of(late)["code"]) == (409, "break-ended")
    assert json_of(desk.propose(break_id, NOT_DONE))["code"] == "break-ended"


def test_who_approves_has_seen_the_very_proposal_that_is_booked(world: World, desk: Desk) -> None:
    centre = world.centre(0)
    break_id = f"top-up-unresolved:{manual_top_up(world, centre)}"
    seen = json_of(desk.propose(break_id, DONE))["proposal"]["proposal_id"]
    assert json_of(desk.propose(break_id, DONE))["proposal"]["proposal_id"] == seen  # the same again
    other = json_of(desk.propose(break_id, NOT_DONE))["proposal"]["proposal_id"]

    answer = desk.approve(break_id, seen)

    assert (answer.status_code, json_of(answer)["code"]) == (412, "proposal-changed")
    assert desk.approve(break_id, public_id("prp")).status_code == 412
    assert desk.approve(break_id, other).status_code == 200
    assert centre.wallet()["available"] == inr(0)


def test_an_answer_that_comes_first_ends_it_and_nothing_is_booked_twice(world: World, desk: Desk) -> None:
    centre = world.centre(0)
    top_up_id = manual_top_up(world, centre)
    break_id = f"top-up-unresolved:{top_up_id}"
    proposal_id = json_of(desk.propose(break_id, NOT_DONE))["proposal"]["proposal_id"]
    world.psp.advance(601)
    world.make_top_up_due(top_up_id)
    world.sweep_top_up_until(top_up_id, "CREDITED")

    answer = desk.approve(break_id, proposal_id)

    assert (answer.status_code, json_of(answer)["code"]) == (409, "break-ended")
    assert centre.wallet()["available"] == inr(50_000)


def test_a_break_whose_books_are_right_is_only_closed(world: World, desk: Desk) -> None:
    payment_id = public_id("pay")  # one that billing does not know
    with world.mongo.client.start_session() as session:
        world.billing.within(session).return_refused_fee(
            ReturnRefusedFee(payment_id, public_id("app"), "not-known", utc_now())
        )
    break_id = f"{payment_id}:fee-refused"

    refused = desk.propose(break_id, DONE)
    assert (refused.status_code, json_of(refused)["errors"][0]["pointer"]) == (422, "/ending")
    ended = desk.end(break_id, {"ending": "close", "evidence": "FILE-1"})

    assert (ended["status"], ended["resolved_by"]) == ("resolved", "two people: close")


def test_what_was_given_back_and_closed_is_not_opened_again_by_another_hour_of_silence(
    world: World, desk: Desk
) -> None:
    centre = world.centre(200_000)
    payment_id = json_of(centre.pay(centre.bill(another_consumer())))["payment_id"]
    payment = world.billing.payments.payments.get(payment_id)
    assert payment is not None
    break_id = f"{payment_id}:unresolved"

    def look_back(outcome: Outcome) -> None:
        """As the sweeper's inquiry about a payment that was given back, after its deadline."""
        given_back = replace(payment, state=State.VOIDED, failure=Failure("expired", "", money_returned=True))
        pace, at = world.billing.settings.pace(), payment.deadline_at
        opened = Decision(given_back, Attempt.LATER, Ask.INQUIRE, Answer(outcome), pace, at, "").change().opened
        assert opened is not None
        world.billing.reconcile_day.books.open([opened])

    look_back(Outcome.UNKNOWN)
    desk.end(break_id, {"ending": "close", "evidence": "FILE-1"})
    look_back(Outcome.PENDING)
    assert json_of(desk.first.get(f"/v1/breaks/{break_id}"))["status"] == "resolved"


def test_a_fee_that_people_had_is_not_given_back_by_itself_afterwards(world: World, desk: Desk) -> None:
    """Release 0.1.0 gave each refused fee to people, who gave it back by hand."""
    centre = world.centre(200_000)
    payment_id = json_of(centre.pay(centre.bill(another_consumer())))["payment_id"]
    world.mongo.db.breaks.insert_one(
        {
            "_id": f"{payment_id}:fee-refused", "payment_id": payment_id, "kind": "fee-refused", "detail": "",
            "opened_at": utc_now(), "due_at": utc_now(), "owner": "operations", "status": "resolved",
            "resolved_at": utc_now(), "resolved_by": "by hand",
        }
    )  # fmt: skip
    with world.mongo.client.start_session() as session:
        world.billing.within(session).return_refused_fee(
            ReturnRefusedFee(payment_id, public_id("app"), "paid-twice", utc_now())
        )
    assert world.mongo.db.refunds.count_documents({"payment_id": payment_id}) == 0


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"ending": "write-off", "evidence": "F-1"}, "/ending"),
        ({"ending": "done", "evidence": "F-1"}, "/reference"),
        ({"ending": "not-done", "evidence": "F-1", "reference": "R-1"}, "/reference"),
        ({"ending": "done", "evidence": "F-1", "reference": "a reference\n"}, "/reference"),
        ({"ending": "not-done", "evidence": "he told me on the phone 9829012345"}, "/evidence"),
        ({"ending": "not-done"}, "/evidence"),
        ({"ending": "not-done", "evidence": "F-1", "note": "x"}, "/note"),
    ],
)
def test_bad_proposals_name_the_field(world: World, desk: Desk, body: dict[str, Any], pointer: str) -> None:
    break_id = f"top-up-unresolved:{manual_top_up(world, world.centre(0))}"
    answer = desk.propose(break_id, body)
    assert answer.status_code == 422
    assert [problem["pointer"] for problem in json_of(answer)["errors"]] == [pointer]


def test_only_who_answers_for_the_states_money_ends_breaks(world: World, desk: Desk) -> None:
    centre = world.centre(0)
    break_id = f"top-up-unresolved:{manual_top_up(world, centre)}"
    district = Caller(world.http, person=Person("per_" + "e" * 32, "district_admin", districts=frozenset({"102"})))
    auditor = Caller(world.http, person=Person("per_" + "f" * 32, "auditor"))
    for caller, reads in ((centre, 403), (district, 403), (auditor, 200)):
        assert caller.get("/v1/breaks").status_code == reads
        assert desk.propose(break_id, NOT_DONE, by=caller).status_code == 403
        assert desk.approve(break_id, public_id("prp"), by=caller).status_code == 403
    for unknown in ("nobody", "%24ne", "pay_x:unresolved"):
        assert desk.first.get(f"/v1/breaks/{unknown}").status_code == 404


def test_breaks_are_listed_in_pages_with_their_age_those_due_first_in_front(world: World, desk: Desk) -> None:
    made = [manual_top_up(world, world.centre(0)) for _ in range(3)]
    for number, top_up_id in enumerate(made):
        opened_at = utc_now() - timedelta(hours=50 + number)
        world.mongo.db.breaks.update_one(
            {"top_up_id": top_up_id}, {"$set": {"opened_at": opened_at, "due_at": opened_at + timedelta(hours=24)}}
        )
    items: list[dict[str, Any]] = []
    following: str | None = ""
    while following is not None:
        page = json_of(desk.first.get("/v1/breaks?limit=2" + (f"&cursor={following}" if following else "")))
        items += page["items"]
        following = page["next"]
    ours = [item for item in items if item["top_up_id"] in made]
    assert [item["top_up_id"] for item in ours] == made[::-1]
    assert [(item["age_hours"], item["is_late"]) for item in ours] == [(52, True), (51, True), (50, True)]
    assert sorted(items, key=lambda item: (item["due_at"], item["break_id"])) == items
    assert len({item["break_id"] for item in items}) == len(items)


def test_a_top_up_that_moves_between_reading_and_booking_is_not_booked(world: World, desk: Desk) -> None:
    """The store compares: here the top-up moved after the proposal, without its break being resolved."""
    centre = world.centre(0)
    top_up_id = manual_top_up(world, centre)
    break_id = f"top-up-unresolved:{top_up_id}"
    proposal_id = json_of(desk.propose(break_id, DONE))["proposal"]["proposal_id"]
    world.mongo.db.top_ups.update_one({"_id": top_up_id}, {"$inc": {"version": 1}})
    answer = desk.approve(break_id, proposal_id)
    assert (answer.status_code, json_of(answer)["code"]) == (412, "proposal-changed")
    assert json_of(desk.first.get(f"/v1/breaks/{break_id}"))["proposal"]["stands"] is False
    world.mongo.db.top_ups.update_one({"_id": top_up_id}, {"$inc": {"version": -1}})
    assert centre.wallet()["available"] == inr(0)


def test_one_person_who_signed_in_under_two_clients_is_not_two_people(world: World, desk: Desk) -> None:
    centre = world.centre(0)
    break_id = f"top-up-unresolved:{manual_top_up(world, centre)}"
    proposal_id = json_of(desk.propose(break_id, DONE))["proposal"]["proposal_id"]

    elsewhere = replace(desk.first, client_id="cli_another_app")
    answer = desk.approve(break_id, proposal_id, by=elsewhere)
    assert (answer.status_code, json_of(answer)["code"]) == (403, "same-person")
    assert centre.wallet()["available"] == inr(0)

    same_client = desk.approve(break_id, proposal_id, by=replace(desk.second, client_id=desk.first.client_id))
    assert same_client.status_code == 200  # two people at one client are two
    assert centre.wallet()["available"] == inr(50_000)


def test_nobody_ends_a_break_for_somebody_else(world: World, desk: Desk) -> None:
    centre = world.centre(0)
    break_id = f"top-up-unresolved:{manual_top_up(world, centre)}"
    proposal_id = json_of(desk.propose(break_id, DONE))["proposal"]["proposal_id"]
    first = desk.first.person
    assert first is not None
    for acting in (desk.first, desk.second):
        acted_for = replace(acting, actor=Actor(first.id, "cli_another_app", "ast_1"))
        assert desk.approve(break_id, proposal_id, by=acted_for).status_code == 403
        assert desk.propose(break_id, NOT_DONE, by=acted_for).status_code == 403
    assert json_of(desk.first.get(f"/v1/breaks/{break_id}"))["proposal"]["proposal_id"] == proposal_id
    assert centre.wallet()["available"] == inr(0)


@pytest.fixture
def terminal(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Runs `billing breaks …` with the access token of a person of the state administration."""
    with identitys_keys() as jwks_url:
        settings = replace(world.billing.settings, jwks_url=jwks_url, issuer="https://api.emitra.example")

        @contextmanager
        def opened() -> Iterator[Any]:
            yield replace(world.billing, settings=settings)

        def run(*arguments: str, by: str | None = None, **claims: Any) -> Any:
            token = operator_token(by, **claims) if by else ""
            return CliRunner().invoke(command_line(SERVICE), ["breaks", *arguments], env={"OPERATOR_TOKEN": token})

        monkeypatch.setattr(billing_commands, "_billing", opened)
        yield run


def test_two_people_at_a_terminal_do_the_same(world: World, desk: Desk, terminal: Callable[..., Any]) -> None:
    centre = world.centre(0)
    break_id = f"top-up-unresolved:{manual_top_up(world, centre)}"
    assert break_id.partition(":")[0] in terminal().output
    asha, ravi = (person.person.id for person in (desk.first, desk.second) if person.person)
    proposed = terminal(break_id, "--propose", "done", "--reference", "CHG-1", "--evidence", "F-1", by=asha)
    assert proposed.exit_code == 0, proposed.output
    assert f"wallet:{centre.kiosk_id}  ₹500.00" in proposed.output
    proposal_id = proposed.output.partition("proposal ")[2].partition(":")[0]

    # One person is one: by another client, and with one hand at the terminal and the other at the API.
    own = terminal(break_id, "--approve", proposal_id, by=asha, client_id="cli_another")
    over_http = desk.approve(break_id, proposal_id, by=desk.first)
    assert (own.exit_code, json_of(over_http)["code"], centre.wallet()["available"]) == (2, "same-person", inr(0))
    for wrong in (["--approve", proposal_id], ["--propose", "done"], ["--reference", "x"]):
        assert terminal(break_id, *wrong).exit_code == 2
    for claims in (
        {"person": {"id": ravi, "role": "auditor"}},
        {"scope": "payments:read"},
        {"person": None},
        {"act": {"sub": asha, "client_id": "cli_another"}},
    ):
        assert terminal(break_id, "--approve", proposal_id, by=ravi, **claims).exit_code == 2
    assert terminal("nobody").exit_code == 2
    approved = terminal(break_id, "--approve", proposal_id, by=ravi)
    assert approved.exit_code == 0, approved.output
    assert "resolved, two people: done" in approved.output
    assert centre.wallet()["available"] == inr(50_000)
    assert "Traceback" not in proposed.output + own.output + approved.output


def test_without_identitys_keys_nobody_ends_a_break_on_a_terminal(
    world: World, desk: Desk, terminal: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    break_id = f"top-up-unresolved:{manual_top_up(world, world.centre(0))}"
    proposal_id = json_of(desk.propose(break_id, NOT_DONE))["proposal"]["proposal_id"]
    away = replace(world.billing.settings, jwks_url="http://127.0.0.1:1/keys", issuer="https://api.emitra.example")

    @contextmanager
    def opened() -> Iterator[Any]:
        yield replace(world.billing, settings=away)

    monkeypatch.setattr(billing_commands, "_billing", opened)
    assert terminal(break_id, "--approve", proposal_id, by="per_" + "b" * 32).exit_code == 69
    assert json_of(desk.first.get(f"/v1/breaks/{break_id}"))["status"] == "open"
