"""A centre pays for somebody who agreed to it, and sees what is theirs and nothing else (ADR 0044)."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from tests.support.world import Caller, World, another_consumer, json_of, new_key

from servicekit.acts import AgreedAct
from servicekit.http import Actor, Person
from servicekit.ids import public_id

JVVNL = AgreedAct(type="payment", identifier="JVVNL", most_paise=152_500, once=True)


def acting(centre: Caller, citizen_id: str, assistance_id: str, *acts: AgreedAct) -> Caller:
    actor = Actor("per_operator", centre.client_id, assistance_id, centre.kiosk_id, "operator", acts or (JVVNL,))
    return replace(centre, person=Person(citizen_id, "citizen"), actor=actor)


def test_a_payment_for_a_citizen_says_for_whom_and_by_which_consent_and_the_centre_pays(world: World) -> None:
    centre, consent = world.centre(200_000), public_id("ast")
    caller = acting(centre, "per_1", consent)
    payment = json_of(caller.pay(caller.bill(another_consumer())))
    assert payment["status"] == "COMPLETED"
    kept = world.stored(payment["payment_id"])
    assert (kept["person_id"], kept["assistance_id"], kept["kiosk_id"]) == ("per_1", consent, centre.kiosk_id)
    assert centre.wallet()["balance"]["amount"] == 47_500


def test_who_acts_for_a_citizen_has_their_bills_and_payments_and_nothing_else_of_the_centres(world: World) -> None:
    centre = world.centre()
    first, second = (acting(centre, person, public_id("ast")) for person in ("per_1", "per_2"))
    bill = first.bill(another_consumer())
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


def paying(**bounds: Any) -> AgreedAct:
    return replace(JVVNL, **bounds)


@pytest.mark.parametrize(
    "agreed",
    [
        paying(identifier="AVVNL"),
        paying(identifier="bil_of_another"),
        paying(most_paise=152_499),
        paying(most_paise=None),
        AgreedAct(type="application", identifier="JVVNL", most_paise=152_500),
    ],
    ids=str,
)
def test_a_payment_that_was_not_agreed_to_is_refused_and_moves_nothing(world: World, agreed: AgreedAct) -> None:
    centre = world.centre(200_000)
    caller = acting(centre, "per_1", "ast_1", agreed)
    bill = caller.bill(another_consumer())
    refused = caller.pay(bill)
    assert (refused.status_code, json_of(refused)["code"]) == (403, "act-not-agreed")
    assert json_of(refused)["agreed"][0]["identifier"] == agreed.identifier
    assert "सहमति" in json_of(refused)["detail_hi"]
    assert centre.wallet()["balance"]["amount"] == 200_000
    # The consent is not used up by it, nor the bill.
    assert acting(centre, "per_1", public_id("ast")).pay(bill).status_code == 201


def test_one_bill_may_be_what_was_agreed_to(world: World) -> None:
    centre = world.centre()
    bill = acting(centre, "per_1", "ast_1").bill(another_consumer())
    assert acting(centre, "per_1", public_id("ast"), paying(identifier=bill["bill_id"])).pay(bill).status_code == 201


def test_a_consent_to_one_payment_pays_one_and_its_repeat_is_the_same(world: World) -> None:
    centre = world.centre()
    caller, key, consent = acting(centre, "per_1", public_id("ast")), new_key(), public_id("ast")
    first_bill, second_bill = (caller.bill(another_consumer()) for _ in range(2))
    paid = caller.pay(first_bill, key)
    assert json_of(caller.pay(first_bill, key))["payment_id"] == json_of(paid)["payment_id"]
    refused = caller.pay(second_bill)
    assert (refused.status_code, json_of(refused)["code"]) == (403, "act-used-up")
    assert acting(centre, "per_1", consent).pay(second_bill).status_code == 201
    # A repeat is answered although the token at hand is of another consent.
    assert json_of(acting(centre, "per_1", consent).pay(first_bill, key))["payment_id"] == json_of(paid)["payment_id"]


def test_many_payments_at_once_by_a_consent_to_one_are_one(world: World) -> None:
    centre = world.centre()
    caller = acting(centre, "per_1", public_id("ast"))
    bills = [caller.bill(another_consumer()) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        codes = sorted(pool.map(lambda bill: caller.pay(bill).status_code, bills))
    assert codes == [201] + [403] * 7
    assert centre.wallet()["balance"]["amount"] == 10_000_000 - 152_500


def test_a_payment_that_failed_leaves_the_consent_to_one_usable(world: World) -> None:
    portal = replace(world.portal(), person=Person("per_1", "citizen"))
    actor = Actor("cli_operator", portal.client_id, public_id("ast"), None, None, (JVVNL,))
    caller = replace(portal, actor=actor)
    bill = caller.bill(another_consumer())
    declined = caller.pay(bill, mode="CARD", payment_instrument="tok_sandbox_declined")
    assert json_of(declined)["status"] == "FAILED"
    assert "agreed_once" not in world.stored(json_of(declined)["payment_id"])
    paid = caller.pay(bill, mode="CARD", payment_instrument="tok_sandbox_ok")
    assert json_of(paid)["status"] == "COMPLETED"
    assert caller.pay(caller.bill(another_consumer())).status_code in (403, 422)
