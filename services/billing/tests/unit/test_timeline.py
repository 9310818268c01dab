"""The money timeline: which hops there are, and that no link of the chain can be changed unseen."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.support.builders import NOW, PACE, a_payment

from billing.domain.payments.answers import Answer, Outcome
from billing.domain.payments.saga import Ask, Attempt, Decision
from billing.domain.timeline.chain import Chain, ChainBroken, digest_of, legs_text
from billing.domain.timeline.hops import Hop, HopKind, hops_of

AT = NOW + timedelta(seconds=3)
EMPTY = Chain("pay_1", "5a" * 16)


def a_completed_timeline() -> list[Hop]:
    payment = replace(a_payment(), attempts=2)
    hold = payment.hold_entry(NOW)
    answer = Answer(Outcome.SUCCESS, reference="ref")
    change = Decision(payment, Attempt.LATER, Ask.INQUIRE, answer, PACE, AT, "evt_1").change()
    return hops_of(change.payment, [*change.entries, hold], [])


def test_the_hops_are_told_in_order_each_answer_before_what_it_led_to() -> None:
    assert [(hop.at, hop.kind.value, hop.name) for hop in a_completed_timeline()] == [
        (NOW, "entry", "hold"),
        (NOW, "state", "CREATED"),
        (NOW, "state", "AUTH_REQUESTED"),
        (NOW, "state", "AUTHORISED"),
        (NOW, "state", "POST_REQUESTED"),
        (AT, "call", "inquire"),
        (AT, "entry", "post"),
        (AT, "state", "POSTED"),
        (AT, "state", "COMPLETED"),
        (AT, "event", "payment.completed.v1"),
    ]


def test_a_call_says_who_was_asked_what_came_back_and_how_many_before_it_decided_nothing() -> None:
    (call,) = [hop for hop in a_completed_timeline() if hop.kind is HopKind.CALL]
    assert call.facts == {"asked": "biller", "answer": "SUCCESS", "earlier": 2}


def test_the_chain_can_be_recomputed_from_what_is_shown_with_nothing_of_ours() -> None:
    chain = EMPTY.extended(a_completed_timeline())
    digest = "pay_1"
    for link in chain.links:
        digest = digest_of(digest, link.record)
        assert digest == link.digest
    assert digest == chain.head


def test_legs_are_in_the_chain_for_everybody_as_a_digest_that_their_text_and_salt_explain() -> None:
    hops = a_completed_timeline()
    chain = EMPTY.extended(hops)
    records = {link.hop_id: json.loads(link.record) for link in chain.links}
    hold, post = (hop for hop in hops if hop.kind is HopKind.ENTRY)
    for hop in (hold, post):
        assert "legs" not in records[hop.hop_id]
        assert records[hop.hop_id]["legs_sha256"] == digest_of(chain.salt_of(hop.hop_id), legs_text(hop))
    assert chain.salt_of(hold.hop_id) != chain.salt_of(post.hop_id)
    assert sum(leg["paise"] for leg in json.loads(legs_text(post))) == 0


def test_what_was_told_stays_and_what_comes_to_light_later_comes_after_it() -> None:
    hops = a_completed_timeline()
    first = EMPTY.extended([hop for hop in hops if hop.hop_id != "state:1"])
    later = first.extended(hops)
    assert later.links[:-1] == first.links
    assert later.links[-1].hop_id == "state:1"
    assert later.extended(hops) == later


@pytest.mark.parametrize("change", [{"name": "void"}, {"facts": {"paise": 1}}, {"at": NOW}, {"legs": ()}])
def test_a_hop_that_is_not_what_it_was_breaks_the_chain_and_is_named(change: dict[str, object]) -> None:
    hops = a_completed_timeline()
    chain = EMPTY.extended(hops)
    changed = [replace(hop, **change) if hop.hop_id == "entry:pay_1:post" else hop for hop in hops]  # type: ignore[arg-type]
    with pytest.raises(ChainBroken, match=r"^entry:pay_1:post$"):
        chain.extended(changed)


def test_a_hop_that_is_gone_and_a_link_that_was_rewritten_break_the_chain() -> None:
    hops = a_completed_timeline()
    chain = EMPTY.extended(hops)
    with pytest.raises(ChainBroken, match="entry:pay_1:hold"):
        chain.extended([hop for hop in hops if hop.name != "hold"])
    forged = replace(chain.links[2], digest="0" * 64)
    with pytest.raises(ChainBroken, match=forged.hop_id):
        replace(chain, links=(*chain.links[:2], forged, *chain.links[3:])).extended(hops)
