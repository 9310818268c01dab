"""Who the sandbox has: others build on these ids, names and scopes."""

from identity.application.clients.sandbox import (
    CITIZENS,
    CLIENTS,
    COURT_SCOPES,
    OFFICER_SCOPES,
    OPERATIONS_SCOPES,
    PORTAL_SCOPES,
)
from identity.domain.clients.counter_scopes import KIOSK_SCOPES
from identity.domain.people.definitions import PERSON_ID

BY_NAME = {client.name: client for client in CLIENTS}


def test_the_clients_are_bound_to_the_centres_that_others_rely_on() -> None:
    kiosks = {name: client.kiosk_id for name, client in BY_NAME.items() if client.kiosk_id}
    assert {name: kiosk for name, kiosk in kiosks.items() if name.startswith("kiosk-")} == {
        "kiosk-jaipur": "ksk_RJ10200001",
        "kiosk-jaipur-2": "ksk_RJ10200002",
        "kiosk-jodhpur": "ksk_RJ10700001",
        "kiosk-udaipur": "ksk_RJ11700001",
    }
    load = [kiosk for name, kiosk in sorted(kiosks.items()) if name.startswith("load-")]
    assert load == [f"ksk_RJ10200{number}" for number in range(101, 141)]
    assert BY_NAME["kiosk-jaipur"].id == "cli_sandbox_kiosk_jaipur"


PLACES = {"jaipur": "102", "jodhpur": "107", "udaipur": "117"}
POSTS = (
    "sdo", "registrar", "marriage-registrar", "station-house-officer", "superintendent", "employment-exchange",
)  # fmt: skip
OFFICERS = {
    "officer-tehsildar-jaipur": "102",
    "officer-tehsildar-jodhpur": "107",
    "officer-udaipur": "117",
    **{f"officer-{post}-{place}": district for post in POSTS for place, district in PLACES.items()},
}


def test_the_clients_have_the_scopes_of_their_kind() -> None:
    assert {name for name, client in BY_NAME.items() if client.scopes == OFFICER_SCOPES} == set(OFFICERS)
    own = {"assistances:read", "assistances:write", "kiosks:change", "kiosks:report", "wallet:read"}
    assert own == KIOSK_SCOPES - PORTAL_SCOPES
    assert BY_NAME["portal-sandbox"].scopes == PORTAL_SCOPES
    assert BY_NAME["load-40"].scopes == KIOSK_SCOPES
    assert not KIOSK_SCOPES & {"applications:decide", "internal"}


def test_officers_decide_in_their_own_district() -> None:
    officers = {name: client for name, client in BY_NAME.items() if "applications:decide" in client.scopes}
    assert {name: client.officer.district for name, client in officers.items() if client.officer} == OFFICERS


def test_each_district_has_a_reader_of_its_revenue_courts_who_decides_nothing_else() -> None:
    readers = {name: client.officer for name, client in BY_NAME.items() if client.scopes == COURT_SCOPES}
    assert {name: reader.district for name, reader in readers.items() if reader} == {
        f"court-reader-{place}": district for place, district in PLACES.items()
    }
    assert {reader.designation for reader in readers.values() if reader} == {"Reader"}


def test_two_different_people_are_on_call_and_may_do_nothing_else() -> None:
    on_call = [client for client in CLIENTS if client.scopes == OPERATIONS_SCOPES]
    assert [client.name for client in on_call] == ["operations-1", "operations-2"]
    assert len({client.officer.id for client in on_call if client.officer}) == 2
    assert frozenset({"operations:dead-letters"}) == OPERATIONS_SCOPES


def test_peoples_ids_are_opaque_different_and_always_the_same() -> None:
    people = [*CITIZENS, *(client.officer for client in CLIENTS if client.officer)]
    ids = [person.id for person in people]
    assert len(set(ids)) == len(people)
    assert all(PERSON_ID.fullmatch(person_id) for person_id in ids)
    # A change here would make officers of running sandboxes strangers to their own decisions.
    assert BY_NAME["officer-tehsildar-jaipur"].officer is not None
    assert BY_NAME["officer-tehsildar-jaipur"].officer.id == "per_0f224e91980f56858166c638d465636d"
