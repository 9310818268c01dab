"""An act by a token of somebody's consent: as agreed to, or refused with what was agreed to."""

import pytest

from servicekit.acts import ActNotAgreed, AgreedAct, Agreement, permit_act, used_up

BILL = AgreedAct(type="payment", identifier="JVVNL", most_paise=152_500, once=True)
FORM = AgreedAct(type="application", identifier="domicile")


def test_who_acts_for_themselves_needs_nobodys_consent() -> None:
    assert permit_act(None, "payment", about={"JVVNL"}, paise=10**9) is None


def test_what_was_agreed_to_passes_and_says_whether_it_is_once() -> None:
    agreement = Agreement("ast_1", (BILL, FORM))
    assert permit_act(agreement, "payment", about={"bil_1", "JVVNL"}, paise=152_500) == "ast_1"
    assert permit_act(agreement, "payment", about={"JVVNL"}, paise=1) == "ast_1"
    assert permit_act(agreement, "application", about={"domicile"}) is None


@pytest.mark.parametrize(
    ("acts", "act_type", "about", "paise", "told"),
    [
        ((), "payment", {"JVVNL"}, 1, "another act"),
        ((FORM,), "payment", {"domicile"}, 1, "another act"),
        ((BILL,), "payment", {"AVVNL"}, 1, "for JVVNL alone"),
        ((BILL,), "payment", set(), 1, "for JVVNL alone"),
        ((BILL,), "payment", {"JVVNL"}, 152_501, "at most ₹1525.00 in all, service charge included; this"),
        # A service that forgets the amount, and money that nobody spoke of.
        ((BILL,), "payment", {"JVVNL"}, None, "at most"),
        ((FORM,), "application", {"domicile"}, 1, "at most ₹0.00"),
        # The limit of one is not the other's.
        ((BILL, AgreedAct(type="payment", identifier="AVVNL", most_paise=5)), "payment", {"AVVNL"}, 6, "₹0.05"),
    ],
    ids=str,
)  # fmt: skip
def test_what_was_not_agreed_to_is_refused_in_both_languages(
    acts: tuple[AgreedAct, ...], act_type: str, about: set[str], paise: int | None, told: str
) -> None:
    with pytest.raises(ActNotAgreed) as refused:
        permit_act(Agreement("ast_1", acts), act_type, about=about, paise=paise)
    assert told in refused.value.detail
    assert "सहमति" in refused.value.members["detail_hi"]
    assert [agreed["identifier"] for agreed in refused.value.members["agreed"]] == [act.identifier for act in acts]


def test_a_second_time_is_told_of_in_both_languages() -> None:
    assert "once" in used_up().detail
    assert "एक बार" in used_up().members["detail_hi"]
