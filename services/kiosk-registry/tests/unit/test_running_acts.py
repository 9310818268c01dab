"""The table of what may be done with a centre that trades."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk_registry.domain.places.districts import Place
from kiosk_registry.domain.register.centres import Kind, Status
from kiosk_registry.domain.running.acts import (
    Deed,
    NotNow,
    NotYours,
    SamePerson,
    allowed,
    change,
)
from kiosk_registry.domain.running.centre import Act, Actor, Office, RunningCentre, Site

AT = datetime(2026, 11, 28, 5, tzinfo=UTC)
SITE = Site(pin="302001", place=Place(26.92, 75.81), kind=Kind.URBAN, photographs={})
CENTRE = RunningCentre(
    kiosk_id="ksk_RJ10260001",
    district_code="102",
    lsp_id="lsp_sandbox_1",
    status=Status.ACTIVE,
    place=Place(26.9182, 75.8083),
    kind=Kind.RURAL,
    pin=None,
    services=None,
    hours=None,
    asked=None,
    version=1,
)


def a_deed(act: Act, office: Office, person_id: str | None = None) -> Deed:
    site = SITE if act is Act.ASK_PREMISES else None
    by = Actor(person_id or f"per_{office.value}", office)
    return Deed(act=act, by=by, at=AT, event_id="e", site=site, services=("JVVNL",), facts={})


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.ACTIVE])
def test_a_centre_that_does_not_trade_is_changed_by_nobody(status: Status) -> None:
    for act, office in product(Act, Office):
        with pytest.raises(NotNow):
            change(replace(CENTRE, status=status), a_deed(act, office))


def test_the_person_who_asked_does_not_decide_though_they_hold_both_offices() -> None:
    asked = change(CENTRE, a_deed(Act.ASK_CLOSURE, Office.OPERATOR, "per_both")).centre

    for act in (Act.APPROVE, Act.REFUSE):
        with pytest.raises(SamePerson):
            change(asked, a_deed(act, Office.DISTRICT, "per_both"))


def test_a_site_is_the_centres_when_it_is_approved_and_not_before() -> None:
    asked = change(CENTRE, a_deed(Act.ASK_PREMISES, Office.LSP)).centre
    approved = change(asked, a_deed(Act.APPROVE, Office.DISTRICT))

    assert (asked.place, asked.pin) == (CENTRE.place, None)
    assert (approved.centre.place, approved.centre.pin, approved.centre.kind) == (SITE.place, "302001", Kind.URBAN)
    assert approved.event is None


@given(st.lists(st.tuples(st.sampled_from(Act), st.sampled_from(Office)), max_size=30))
def test_whatever_is_tried_a_centre_is_closed_by_a_decision_of_the_district_and_each_act_is_one_version(
    tried: list[tuple[Act, Office]],
) -> None:
    centre = CENTRE
    for act, office in tried:
        before, offices = centre, allowed(centre).get(act)
        if offices is None or office not in offices:
            with pytest.raises((NotNow, NotYours)):
                change(before, a_deed(act, office))
            continue
        changed = change(before, a_deed(act, office))
        centre = changed.centre
        assert centre.version == before.version + 1 == changed.line.version
        assert (changed.event is not None) is (centre.status is Status.CLOSED)
        if centre.status is Status.CLOSED:
            assert before.asked is not None
            assert (before.asked.act, act, office) == (Act.ASK_CLOSURE, Act.APPROVE, Office.DISTRICT)
