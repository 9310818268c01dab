"""One suite for the real stores of what is known of routes and for the fakes that the unit tests trust."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from tests.support.documents import published
from tests.support.fakes import FakeLastGoodRoutes, FakeRouteRegister

from gateway.adapters.mongo_last_good_routes import MongoLastGoodRoutes
from gateway.adapters.mongo_route_register import MongoRouteRegister
from gateway.application.ports import LastGoodRoutes, RouteRegister
from gateway.application.route_register import Entry, Register, founded
from gateway.application.settle_routes import SettleRoutes, SettleRoutesHandler
from servicekit.errors import DependencyUnavailable
from servicekit.mongo import Mongo
from servicekit.testing import eventually

FIRST = Register(0, {"zebra": "there"}, (
    Entry("zebra", "GET", "/v1/x.y/{}"), Entry("apple", "*", "/v1/$a"), Entry("apple", "SCOPE", "a.b"),
    Entry("apple", "ID", "EM"),
))  # fmt: skip


@pytest.fixture(params=["mongo", "fake"])
def register(request: pytest.FixtureRequest) -> RouteRegister:
    if request.param == "fake":
        return FakeRouteRegister()
    return MongoRouteRegister(request.getfixturevalue("mongo").db)


@pytest.fixture(params=["mongo", "fake"])
def last_good(request: pytest.FixtureRequest) -> LastGoodRoutes:
    if request.param == "fake":
        return FakeLastGoodRoutes()
    return MongoLastGoodRoutes(request.getfixturevalue("mongo").db)


def test_an_empty_store_has_no_register(register: RouteRegister) -> None:
    assert register.newer_than(0) is None
    assert register.newer_than(7) is None


def test_what_is_stored_is_read_as_it_was(register: RouteRegister) -> None:
    assert register.replace(FIRST) == replace(FIRST, revision=1)
    assert register.newer_than(0) == replace(FIRST, revision=1)
    assert register.newer_than(1) is None


def test_only_who_knows_the_stored_one_replaces_it(register: RouteRegister) -> None:
    stored = register.replace(FIRST)
    assert stored is not None
    assert register.replace(FIRST) is None
    second = register.replace(replace(stored, places={}))
    assert register.replace(stored) is None
    assert register.newer_than(0) == second == Register(2, {}, FIRST.entries)


def test_where_there_is_none_a_later_one_is_not_stored(register: RouteRegister) -> None:
    assert register.replace(replace(FIRST, revision=3)) is None
    assert register.newer_than(0) is None


def test_the_last_good_one_is_kept_by_service_and_place(last_good: LastGoodRoutes) -> None:
    assert last_good.find("billing", "") is None
    for path, place in (("/v1/old", ""), ("/v1/x", ""), ("/v1/{there}", "there")):
        last_good.keep(
            published("billing", f"GET {path}", prefix="/v1/billing", place=place, ids=("EM",), shares=("ID EM",))
        )
    here, there = last_good.find("billing", ""), last_good.find("billing", "there")
    assert here is not None
    assert there is not None
    assert [o.template for service in (here, there) for o in service.operations] == ["/v1/x", "/v1/{there}"]
    assert (there.place, there.prefix, there.base_url) == ("there", "/v1/billing", "http://127.0.0.1:8001")
    assert (there.ids, there.shares) == (("EM",), (("ID", "EM"),))


def test_what_is_forgotten_is_forgotten_in_every_place(last_good: LastGoodRoutes) -> None:
    for name, place in (("billing", ""), ("billing", "there"), ("other", "")):
        last_good.keep(published(name, "GET /v1/x", place=place))
    last_good.forget("billing")
    assert last_good.find("billing", "") is last_good.find("billing", "there") is None
    last_good.forget("billing")
    assert last_good.find("other", "") is not None


def test_what_was_good_to_an_older_gateway_and_is_not_now_is_not_given(mongo: Mongo) -> None:
    store = MongoLastGoodRoutes(mongo.db)
    store.keep(published("billing", "GET /v1/x"))
    mongo.db["last_good_routes"].update_one({}, {"$set": {"document": '{"openapi": "2.0"}'}})
    assert store.find("billing", "") is None


def test_a_store_that_does_not_answer_is_unavailable() -> None:
    with Mongo("mongodb://127.0.0.1:1/", "unused", 5) as away:
        with pytest.raises(DependencyUnavailable):
            MongoRouteRegister(away.db).newer_than(0)
        with pytest.raises(DependencyUnavailable):
            MongoRouteRegister(away.db).replace(FIRST)
        with pytest.raises(DependencyUnavailable):
            MongoLastGoodRoutes(away.db).find("billing", "")


def test_of_many_gateways_that_write_at_once_every_one_comes_to_the_same_owner_of_each_route(mongo: Mongo) -> None:
    """Thirty gateways; each sees one newcomer first, and all newcomers want one route and have one of their own.

    One that the store did not answer in time tries again, as it does at its next look.
    """
    newcomers = [published(f"s{n:02}", "GET /v1/wanted", f"GET /v1/own-{n}") for n in range(30)]

    def settled(newcomer: int) -> bool:
        handler = SettleRoutesHandler(MongoRouteRegister(mongo.db))
        try:
            return bool(handler(SettleRoutes([newcomers[newcomer]], founded())))
        except DependencyUnavailable:
            return False

    with ThreadPoolExecutor(30) as gateways:
        list(gateways.map(lambda newcomer: eventually(lambda: settled(newcomer), 30), range(30)))
    final = MongoRouteRegister(mongo.db).newer_than(0)
    assert final is not None
    owners = [entry.service for entry in final.entries if entry.path == "/v1/wanted"]
    assert len(owners) == 1
    assert {e.service for e in final.entries if e.path.startswith("/v1/own-")} == {s.name for s in newcomers}
    settlement = SettleRoutesHandler(MongoRouteRegister(mongo.db))(SettleRoutes(newcomers, final))
    assert {refusal.owner for refusal in settlement.refusals} == set(owners)
    assert len(settlement.refusals) == 29
