"""Whose a bill and a payment are: a citizen's own, a centre's, a portal's."""

from typing import Any

from tests.support.world import Caller, World, json_of

from servicekit.http import Person


def citizen(world: World, person_id: str, client_id: str = "cli_portal_app") -> Caller:
    return Caller(world.http, client_id=client_id, person=Person(person_id, "citizen"))


def test_what_a_citizen_fetches_and_pays_is_theirs_alone_through_any_app(world: World) -> None:
    mine, other = citizen(world, "per_1"), citizen(world, "per_2")
    bill = mine.bill()
    card: dict[str, Any] = {"mode": "CARD", "payment_instrument": "tok_sandbox_ok"}
    portal = Caller(world.http, client_id="cli_portal_app")
    for stranger in (other, portal, world.centre()):
        mode: dict[str, Any] = card if stranger.kiosk_id is None else {"mode": "WALLET"}
        assert json_of(stranger.pay(bill, **mode))["code"] == "bill-not-found"
    payment = json_of(mine.pay(bill, **card))
    path = f"/v1/payments/{payment['payment_id']}"
    assert [path_of.get(path).status_code for path_of in (mine, citizen(world, "per_1", "cli_another_app"))] == [
        200,
        200,
    ]
    for stranger in (other, portal, world.centre()):
        for address in (path, f"{path}/receipt"):
            assert json_of(stranger.get(address))["code"] == "payment-not-found"
    assert world.stored(payment["payment_id"])["person_id"] == "per_1"


def test_the_people_of_a_centre_use_its_wallet_and_see_its_payments(world: World) -> None:
    centre = world.centre()
    operator = Caller(
        world.http, client_id="cli_counter_app", kiosk_id=centre.kiosk_id, person=Person("per_7", "operator")
    )
    payment = json_of(operator.pay(centre.bill()))
    assert payment["status"] == "COMPLETED"
    assert centre.payment(payment["payment_id"])["payment_id"] == payment["payment_id"]
    assert operator.wallet() == centre.wallet()
    assert "person_id" not in world.stored(payment["payment_id"])


def test_an_officer_and_an_auditor_pay_nothing(world: World) -> None:
    bill = world.portal().bill()
    for role in ("officer", "auditor", "state_admin", "lsp", "inspector"):
        refused = Caller(world.http, person=Person("per_9", role, "revenue", frozenset({"102"}))).pay(bill)
        assert (refused.status_code, json_of(refused)["code"]) == (403, "role-not-permitted")
