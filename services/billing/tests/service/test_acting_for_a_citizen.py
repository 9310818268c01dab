"""A centre pays for somebody who agreed to it, and sees what is theirs and nothing else (ADR 0044)."""

from dataclasses import replace

from tests.support.world import Caller, World, json_of

from servicekit.http import Actor, Person


def acting(centre: Caller, citizen_id: str, assistance_id: str) -> Caller:
    actor = Actor("per_operator", centre.client_id, assistance_id, centre.kiosk_id, "operator")
    return replace(centre, person=Person(citizen_id, "citizen"), actor=actor)


def test_a_payment_for_a_citizen_says_for_whom_and_by_which_consent_and_the_centre_pays(world: World) -> None:
    centre = world.centre(200_000)
    caller = acting(centre, "per_1", "ast_1")
    payment = json_of(caller.pay(caller.bill()))
    assert payment["status"] == "COMPLETED"
    kept = world.stored(payment["payment_id"])
    assert (kept["person_id"], kept["assistance_id"], kept["kiosk_id"]) == ("per_1", "ast_1", centre.kiosk_id)
    assert centre.wallet()["balance"]["amount"] == 47_500


def test_who_acts_for_a_citizen_has_their_bills_and_payments_and_nothing_else_of_the_centres(world: World) -> None:
    centre = world.centre()
    first, second = acting(centre, "per_1", "ast_1"), acting(centre, "per_2", "ast_2")
    bill = first.bill()
    # Neither another's nor the centre's bill is paid with a consent that was not given for it.
    assert second.pay(bill).status_code == 404
    assert first.pay(centre.bill()).status_code == 404
    path = f"/v1/payments/{json_of(first.pay(bill))['payment_id']}"
    assert first.get(path).status_code == 200
    assert first.get(f"{path}/receipt").status_code == 200
    assert acting(centre, "per_1", "ast_3").get(path).status_code == 200
    assert centre.get(path).status_code == 200
    for stranger in (second, acting(world.centre(), "per_2", "ast_4")):
        assert (stranger.get(path).status_code, stranger.get(f"{path}/receipt").status_code) == (404, 404)
