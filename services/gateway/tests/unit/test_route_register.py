"""A route belongs to who had it, whatever starts, in any order."""

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.documents import BILLING, document, operation, published
from tests.support.fakes import FakeRouteRegister

from gateway.application.merged_openapi import merged_openapi
from gateway.application.route_register import EVERYTHING, Entry, Register, founded, settle
from gateway.application.routes import PublishedService, RouteTable
from gateway.application.settle_routes import SettleRoutes, SettleRoutesHandler

EMPTY = Register(0, {}, ())
NEWCOMER = published("agriculture", "POST /v1/payments", "GET /v1/crops")
BILLING_SERVICE = published("billing", document=BILLING)


def routes(services: Any) -> dict[str, set[str]]:
    return {s.name: {f"{o.method} {o.template}" for o in s.operations} for s in services}


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ("GET /v1/x", "GET /v1/x", True),
        ("GET /v1/x", "POST /v1/x", False),
        ("GET /v1/x", "HEAD /v1/x", True),
        ("POST /v1/x", "HEAD /v1/x", False),
        ("GET /v1/x/{}", "GET /v1/x/{}", True),
        ("GET /v1/x/{}", "POST /v1/x/{}", False),
        ("GET /v1/x/{}", "GET /v1/x/nearest", True),
        ("GET /v1/x/{}", "POST /v1/x/nearest", True),
        ("GET /v1/{}/x", "GET /v1/y/{}", True),
        ("GET /v1/{}/x", "GET /v1/y/z", False),
        ("GET /v1/x", "GET /v1/x/{}", False),
        ("GET /v1/x", "GET /v1/xy", False),
        ("* /v1/x", "GET /v1/x", True),
        ("* /v1/x", "GET /v1/x/y/{}", True),
        ("* /v1/x", "GET /v1/{}", True),
        ("* /v1/x", "GET /v1/{}/y", True),
        ("* /v1/x", "GET /v1/xy", False),
        ("* /v1/x/y", "GET /v1/x", False),
        ("* /v1/x", "* /v1/x/y", True),
        ("* /v1/x", "* /v1/y", False),
        ("SCOPE x", "SCOPE x", True),
        ("SCOPE x", "SCOPE y", False),
        ("SCOPE x", "EVENT x", False),
        ("SCOPE x", "SCOPE {}", False),
        ("SCOPE x", "* /x", False),
        ("ID EM", "ID EM", True),
    ],
)
def test_two_entries_meet_where_a_request_could_mean_both_or_one_hides_the_other(
    one: str, other: str, meet: bool
) -> None:
    first, second = Entry("a", *one.split(" ")), Entry("b", *other.split(" "))
    assert (first.meets(second), second.meets(first)) == (meet, meet)


_PATHS = st.lists(st.sampled_from(["a", "b", "{}"]), min_size=1, max_size=3).map(lambda parts: "/" + "/".join(parts))


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["GET", "*"]), _PATHS), max_size=8))
def test_a_newcomer_is_entered_exactly_where_it_meets_nobody(rows: Any) -> None:
    register = Register(0, {}, ())
    for service, method, path in rows:
        route, prefix = ("", path) if method == EVERYTHING else (f"GET {path.replace('{}', '{x}')}", "")
        wanted = Entry(service, method, path)
        newcomer = published(service, *([route] if route else ["GET /same"]), prefix="")
        newcomer = replace(newcomer, prefix=prefix, operations=newcomer.operations if route else ())
        before, register = register, settle(register, [newcomer]).register
        meets = any(e.service != service and e.meets(wanted) for e in before.entries)
        assert (wanted in register.entries) == (wanted in before.entries or not meets)


@given(_PATHS, _PATHS, st.lists(st.sampled_from("abc"), min_size=1, max_size=3))
def test_no_address_leads_to_another_service_because_a_newcomer_came(owned: str, wanted: str, address: Any) -> None:
    owner = published("owner", f"GET {owned.replace('{}', '{x}')}")
    newcomer = published("newcomer", f"POST {wanted.replace('{}', '{x}')}", f"GET {wanted.replace('{}', '{x}')}")
    alone = settle(EMPTY, [owner])
    both = settle(alone.register, [owner, newcomer])
    path = "/" + "/".join(address)
    before, after = (RouteTable(s.services).methods_at(path) for s in (alone, both))
    if before is not None:
        assert after is not None
        assert after["GET"].service == "owner"


def test_a_newcomers_collision_is_refused_and_all_else_of_both_goes_on() -> None:
    had = settle(EMPTY, [BILLING_SERVICE]).register
    settlement = settle(had, [NEWCOMER, BILLING_SERVICE])
    assert routes(settlement.services) == {
        "agriculture": {"GET /v1/crops"},
        "billing": {"POST /v1/payments", "GET /v1/payments/{payment_id}", "GET /v1/billers"},
    }
    (refusal,) = settlement.refusals
    assert (refusal.service, refusal.owner, refusal.route) == ("agriculture", "billing", "POST /v1/payments")
    assert refusal.because == "billing has POST /v1/payments"
    assert refusal.mend == (
        "give agriculture another path; or, if billing gave this one up, run "
        "`gateway release-routes billing --route 'POST /v1/payments'`"
    )
    (under_a_prefix,) = settle(founded(), [NEWCOMER]).refusals
    assert under_a_prefix.mend == (
        "give agriculture another path; or, if billing lets others in under /v1/payments, run "
        "`gateway release-routes billing --route '* /v1/payments'`"
    )


def test_what_is_refused_is_documented_for_its_owner_and_not_for_the_newcomer() -> None:
    had = settle(EMPTY, [BILLING_SERVICE]).register
    merged = merged_openapi(settle(had, [NEWCOMER, BILLING_SERVICE]).services, "1")
    assert merged["paths"]["/v1/payments"]["post"]["tags"] == ["billing"]
    assert "/v1/crops" in merged["paths"]


@pytest.mark.parametrize("order", list(permutations(["agriculture", "billing", "gateway"])))
def test_in_an_empty_database_the_first_services_have_what_they_always_had_whoever_starts_first(order: Any) -> None:
    services = {"agriculture": NEWCOMER, "billing": BILLING_SERVICE, "gateway": published("gateway", "GET /docs")}
    register, started = founded(), []
    for name in order:
        started.append(services[name])
        settlement = settle(register, started)
        register = settlement.register
    assert routes(settlement.services)["agriculture"] == {"GET /v1/crops"}
    assert "POST /v1/payments" in routes(settlement.services)["billing"]


@pytest.mark.parametrize("names", [("apple", "zebra"), ("zebra", "apple")])
def test_who_came_first_keeps_it_whatever_the_names_are(names: Any) -> None:
    first, second = (published(name, "GET /v1/x/{id}") for name in names)
    register = settle(EMPTY, [first]).register
    settlement = settle(register, [second, first])
    assert routes(settlement.services) == {names[0]: {"GET /v1/x/{id}"}, names[1]: set()}


def test_what_a_service_had_stays_its_own_while_it_does_not_publish_it() -> None:
    register = settle(EMPTY, [published("apple", "GET /v1/x")]).register
    register = settle(register, [published("apple", "GET /v1/y")]).register
    assert settle(register, [published("zebra", "GET /v1/x")]).refusals[0].owner == "apple"
    assert not settle(register, [published("apple", "GET /v1/x")]).refusals


@pytest.mark.parametrize(
    ("wanted", "refused"),
    [
        ("GET /v1/crops/{id}", True),
        ("GET /v1/crops/prices/today", True),
        ("GET /v1/crops", True),
        ("POST /v1/{any}/prices", True),
        ("GET /v1/cropsmen", False),
    ],
)
def test_nobody_else_gets_a_route_under_a_prefix(wanted: str, refused: bool) -> None:
    register = settle(EMPTY, [published("agriculture", "GET /v1/crops", prefix="/v1/crops")]).register
    settlement = settle(register, [published("zebra", wanted)])
    assert [(r.owner, r.because) for r in settlement.refusals] == (
        [("agriculture", "agriculture has everything under /v1/crops")] if refused else []
    )


@pytest.mark.parametrize("prefix", ["/v1/payments", "/v1/payments/new", "/v1/wallet"])
def test_a_prefix_over_or_under_what_somebody_has_is_refused_and_the_rest_of_the_service_goes_on(prefix: str) -> None:
    register = settle(founded(), [BILLING_SERVICE]).register
    settlement = settle(register, [BILLING_SERVICE, published("agriculture", "GET /v1/crops", prefix=prefix)])
    (refusal,) = settlement.refusals
    assert (refusal.owner, refusal.route) == ("billing", f"everything under {prefix}")
    assert routes(settlement.services)["agriculture"] == {"GET /v1/crops"}


def test_a_service_of_the_same_name_from_another_place_gets_nothing() -> None:
    register = settle(EMPTY, [published("billing", "GET /v1/x", place="ours")]).register
    settlement = settle(
        register, [published("billing", "GET /v1/y", place="a"), published("billing", "GET /v1/x", place="ours")]
    )
    assert routes(settlement.services) == {"billing": {"GET /v1/x"}}
    (refusal,) = settlement.refusals
    assert refusal.because == "the name billing belongs to the files in ours, and these are in a"


def test_two_of_one_name_and_place_are_one() -> None:
    twice = [published("gateway", "GET /docs"), published("gateway", "GET /other")]
    assert routes(settle(EMPTY, twice).services) == {"gateway": {"GET /docs"}}


def test_a_settlement_settled_again_is_the_same() -> None:
    once = settle(founded(), [NEWCOMER, BILLING_SERVICE])
    again = settle(once.register, [BILLING_SERVICE, NEWCOMER])
    assert (again.register, again.refusals) == (once.register, once.refusals)
    assert routes(again.services) == routes(once.services)


def test_what_cannot_be_stored_is_nobodys_yet_and_what_is_known_goes_on() -> None:
    register = settle(founded(), [published("billing", "GET /v1/payments/{id}")]).register
    settlement = settle(register, [NEWCOMER, published("billing", "GET /v1/payments/{id}")], may_enter=False)
    assert routes(settlement.services) == {"agriculture": set(), "billing": {"GET /v1/payments/{id}"}}
    assert {r.route: r.owner for r in settlement.refusals} == {"POST /v1/payments": "billing", "GET /v1/crops": None}
    assert settlement.register == register


def test_the_founders_do_not_meet_one_another() -> None:
    entries = founded().entries
    assert [(str(a), str(b)) for a in entries for b in entries if a.service != b.service and a.meets(b)] == []


def test_of_gateways_that_settle_at_the_same_time_all_come_to_what_the_first_wrote() -> None:
    register = FakeRouteRegister()
    handler = SettleRoutesHandler(register)
    ours, theirs = published("zebra", "GET /v1/x"), published("apple", "GET /v1/x")
    first = handler(SettleRoutes([ours], founded()))
    # The other gateway saw the register before that, and sees its own service first.
    second = handler(SettleRoutes([theirs], founded()))
    assert [r.owner for r in second.refusals] == ["zebra"]
    again = handler(SettleRoutes([theirs, ours], first.register))
    assert routes(again.services) == {"apple": set(), "zebra": {"GET /v1/x"}}
    assert again.register == second.register == register.stored


def test_settling_again_what_is_stored_asks_the_store_for_nothing() -> None:
    register = FakeRouteRegister()
    handler = SettleRoutesHandler(register)
    stored = handler(SettleRoutes([NEWCOMER], founded())).register
    register.away = True
    assert handler(SettleRoutes([NEWCOMER], stored)).register == stored


def test_a_register_that_was_lost_is_written_again_from_what_a_gateway_knows() -> None:
    register = FakeRouteRegister()
    handler = SettleRoutesHandler(register)
    known = handler(SettleRoutes([published("zebra", "GET /v1/x")], founded())).register
    register.stored = None
    settlement = handler(SettleRoutes([published("apple", "GET /v1/x", "GET /v1/y")], known))
    assert [r.owner for r in settlement.refusals] == ["zebra"]
    assert register.stored == settlement.register


def test_an_entry_reads_as_people_say_it() -> None:
    assert str(Entry("a", EVERYTHING, "/v1/x")) == "everything under /v1/x"
    assert str(Entry("a", "GET", "/v1/x/{}")) == "GET /v1/x/{}"
    assert str(Entry("a", "EVENT", "x.y.v1")) == "EVENT x.y.v1"
    assert str(Entry("a", "SCOPE", "x")) == "the scopes x:…"
    assert str(Entry("a", "ID", "x_")) == "the ids x_…"


def test_a_published_service_that_gets_all_it_wants_is_passed_on_as_it_is() -> None:
    service: PublishedService = BILLING_SERVICE
    assert settle(founded(), [service]).services[0] is service


PAYMENTS_ARE_BILLINGS = settle(EMPTY, [published("billing", "GET /v1/payments", scope="payments:read")]).register


@pytest.mark.parametrize("scope", ["payments:read", "payments:write", "payments:refund", "payments"])
def test_an_operation_that_asks_for_a_scope_of_anothers_resource_is_refused_and_the_rest_goes_on(scope: str) -> None:
    newcomer = published(
        "agriculture",
        document=document(
            "agriculture",
            {
                "/v1/crops": {"post": operation(scope), "get": operation("crops:read")},
                "/v1/weather": {"get": operation()},
            },
        ),
    )
    settlement = settle(PAYMENTS_ARE_BILLINGS, [newcomer])
    assert routes(settlement.services) == {"agriculture": {"GET /v1/crops", "GET /v1/weather"}}
    (refusal,) = settlement.refusals
    assert (refusal.service, refusal.route, refusal.owner) == ("agriculture", "POST /v1/crops", "billing")
    assert refusal.because == "billing has the scopes payments:…"
    assert refusal.mend == (
        "give agriculture another resource in its scopes; or, if billing gave this one up, run `gateway release-routes "
        "billing --route 'SCOPE payments'`; billing may share it (x-emitra-shares)"
    )
    # Nobody holds an address that it does not serve.
    assert Entry("agriculture", "POST", "/v1/crops") not in settlement.register.entries


@pytest.mark.parametrize(
    "security", [[["crops:write"], ["payments:write"]], [["crops:write", "payments:write"]]], ids=["either", "both"]
)
def test_a_scope_of_anothers_is_refused_beside_one_of_its_own_too(security: Any) -> None:
    asked = {**operation("crops:write"), "security": [{"oauth2": scopes} for scopes in security]}
    newcomer = published("agriculture", document=document("agriculture", {"/v1/crops": {"post": asked}}))
    settlement = settle(PAYMENTS_ARE_BILLINGS, [newcomer])
    assert [refusal.owner for refusal in settlement.refusals] == ["billing"]
    assert Entry("agriculture", "SCOPE", "crops") not in settlement.register.entries


def test_a_resource_that_only_begins_like_anothers_is_free() -> None:
    newcomer = published("agriculture", "GET /v1/crops", scope="payments-in-kind:read")
    assert settle(PAYMENTS_ARE_BILLINGS, [newcomer]).refusals == ()


@pytest.mark.parametrize("names", [("apple", "zebra"), ("zebra", "apple")])
@pytest.mark.parametrize("member", [{"scope": "crops:read"}, {"ids": ("crp_",)}], ids=["scope", "ids"])
def test_who_came_first_keeps_scopes_and_ids_whatever_the_names_are(names: Any, member: Any) -> None:
    first, second = (published(name, f"GET /v1/{name}", **member) for name in names)
    register = settle(EMPTY, [first]).register
    settlement = settle(register, [second, first])
    assert routes(settlement.services) == {names[0]: {f"GET /v1/{names[0]}"}, names[1]: set()}
    assert {refusal.owner for refusal in settlement.refusals} == {names[0]}
    assert settle(settlement.register, [second]).refusals == settlement.refusals


@pytest.mark.parametrize("order", list(permutations(["agriculture", "billing", "gateway"])))
def test_in_an_empty_database_the_first_services_have_their_scopes_and_ids_whoever_starts_first(order: Any) -> None:
    services = {
        "agriculture": published("agriculture", "GET /v1/crops", scope="payments:write", ids=("pay_",)),
        "billing": published("billing", "POST /v1/payments", scope="payments:write", ids=("pay_",)),
        "gateway": published("gateway", "GET /docs"),
    }
    register, started = founded(), []
    for name in order:
        started.append(services[name])
        settlement = settle(register, started)
        register = settlement.register
    assert {r.route: r.owner for r in settlement.refusals} == {"ID pay_": "billing", "GET /v1/crops": "billing"}
    assert routes(settlement.services)["billing"] == {"POST /v1/payments"}


def test_a_register_of_before_names_were_entered_gets_those_of_the_first_services() -> None:
    old = replace(founded(), revision=7)
    old = replace(old, entries=tuple(e for e in old.entries if e.method not in {"SCOPE", "ID"}))
    newcomer = published("agriculture", "GET /v1/crops", scope="payments:write", ids=("app_",))
    settlement = settle(old, [newcomer])
    assert {refusal.owner for refusal in settlement.refusals} == {"billing", "certificates"}
    assert Entry("kiosk-registry", "ID", "ksk_") in settlement.register.entries
    assert settle(settlement.register, [newcomer]).register == settlement.register


def test_ids_of_anothers_keep_a_newcomer_out_and_take_nothing_from_who_is_there() -> None:
    billing = published("billing", "GET /v1/x", ids=("pay_",))
    there = published("agriculture", "GET /v1/crops", ids=("crp_",))
    register = settle(EMPTY, [billing, there]).register
    wants_more = published("agriculture", "GET /v1/crops", "GET /v1/seeds", ids=("crp_", "aed_", "pay_", "sed_"))
    newcomer = published("zebra", "GET /v1/z", prefix="/v1/zoo", ids=("pay_",))
    settlement = settle(register, [billing, wants_more, newcomer])
    assert routes(settlement.services) == {"agriculture": {"GET /v1/crops"}, "billing": {"GET /v1/x"}, "zebra": set()}
    assert {(r.service, r.route, r.owner) for r in settlement.refusals} == {
        ("agriculture", "ID pay_", "billing"),
        ("agriculture", "ID aed_", "billing"),
        ("agriculture", "ID sed_", "billing"),
        ("agriculture", "GET /v1/seeds", "billing"),
        ("zebra", "ID pay_", "billing"),
        ("zebra", "everything under /v1/zoo", "billing"),
        ("zebra", "GET /v1/z", "billing"),
    }
    because = {(r.service, r.route): r.because for r in settlement.refusals}
    assert because["zebra", "ID pay_"] == "billing has the ids pay_…"
    assert because["zebra", "GET /v1/z"] == (
        "zebra gets nothing more while it wants ID pay_: billing has the ids pay_…"
    )
    mended = settle(settlement.register, [billing, published("zebra", "GET /v1/z", ids=("zeb_",))])
    assert (mended.refusals, routes(mended.services)["zebra"]) == ((), {"GET /v1/z"})


SHARED = ("SCOPE operations", "ID EM")


def test_what_its_owner_shares_is_everybodys_and_stays_when_it_is_shared_no_more() -> None:
    gateway = published("gateway", "GET /docs", shares=SHARED)
    user = published("agriculture", "POST /v1/crops", scope="operations:restart", ids=("EM",))
    # The user is settled first, for its name, and the owner is the owner all the same.
    settlement = settle(founded(), [user, gateway])
    assert settlement.refusals == ()
    alone = [user, published("zebra", "POST /v1/z", scope="operations:restart"), published("gateway", "GET /docs")]
    (refusal,) = settle(settlement.register, alone).refusals
    assert (refusal.service, refusal.owner) == ("zebra", "gateway")


def test_nobody_shares_what_is_anothers() -> None:
    thief = published("agriculture", "POST /v1/crops", scope="payments:write", shares=("SCOPE payments",))
    friend = published("zebra", "POST /v1/z", scope="payments:write")
    settlement = settle(PAYMENTS_ARE_BILLINGS, [thief, friend])
    assert [(r.service, r.route, r.owner) for r in settlement.refusals] == [
        ("agriculture", "SCOPE payments", "billing"),
        ("agriculture", "POST /v1/crops", "billing"),
        ("zebra", "POST /v1/z", "billing"),
    ]


def test_a_service_of_a_taken_name_shares_nothing_in_that_name() -> None:
    gateway = published("gateway", "GET /docs", place="ours")
    pretender = published("gateway", "GET /docs", place="theirs", shares=SHARED)
    user = published("agriculture", "POST /v1/crops", scope="operations:restart")
    settlement = settle(settle(founded(), [gateway]).register, [user, gateway, pretender])
    assert routes(settlement.services)["agriculture"] == set()


def test_while_the_register_cannot_be_written_a_new_scope_waits_and_is_nobodys() -> None:
    settlement = settle(PAYMENTS_ARE_BILLINGS, [published("agriculture", "GET /v1/crops")], may_enter=False)
    (refusal,) = settlement.refusals
    assert (refusal.route, refusal.owner) == ("GET /v1/crops", None)
