"""The acts by which an advocate comes into a case and leaves it."""

from dataclasses import replace

from revenue_courts.domain.calendar import Calendar, civil_date
from revenue_courts.domain.case import Case
from revenue_courts.domain.deed import Deed, DoesNotFit, Done
from revenue_courts.domain.filing import Side
from revenue_courts.domain.vakalatnama import Appearance, AppearanceEnd, Vakalatnama

MOST_VAKALATNAMAS = 100


def appear(case: Case, deed: Deed, _: Calendar) -> Done:
    """An advocate files a vakalatnama. Raises DoesNotFit."""
    appearance = deed.matter
    assert isinstance(appearance, Appearance)
    if len(case.vakalatnamas) >= MOST_VAKALATNAMAS:
        raise DoesNotFit("", "too-many")
    if appearance.begins > civil_date(deed.at):
        raise DoesNotFit("/begins", "to-come")
    side = _side(case, appearance)
    for other in case.vakalatnamas:
        if other.ends is not None or other.appearance.enrolment != appearance.enrolment:
            continue
        if _sides(case, other.appearance) != {side}:
            raise DoesNotFit("/enrolment", "appears-for-the-other-side")
        if not set(other.appearance.parties).isdisjoint(appearance.parties):
            raise DoesNotFit("/parties", "appears-already")
    filed = Vakalatnama(no=len(case.vakalatnamas) + 1, appearance=appearance)
    return Done(case.state, {"vakalatnamas": (*case.vakalatnamas, filed)})


def end_appearance(case: Case, deed: Deed, _: Calendar) -> Done:
    """A vakalatnama is withdrawn. Raises DoesNotFit."""
    end = deed.matter
    assert isinstance(end, AppearanceEnd)
    if not 1 <= end.no <= len(case.vakalatnamas) or case.vakalatnamas[end.no - 1].ends is not None:
        raise DoesNotFit("/no", "not-in-force")
    ending = case.vakalatnamas[end.no - 1]
    if end.ends < ending.appearance.begins:
        raise DoesNotFit("/ends", "before-it-began")
    if end.ends > civil_date(deed.at):
        raise DoesNotFit("/ends", "to-come")
    after = tuple(replace(one, ends=end.ends) if one.no == end.no else one for one in case.vakalatnamas)
    return Done(case.state, {"vakalatnamas": after})


def _side(case: Case, appearance: Appearance) -> Side:
    """The one side for which it is."""
    sides = _sides(case, appearance)
    if len(sides) != 1:
        raise DoesNotFit("/parties", "both-sides")
    (side,) = sides
    return side


def _sides(case: Case, appearance: Appearance) -> set[Side]:
    parties = case.filing.parties
    for place, number in enumerate(appearance.parties):
        if not 1 <= number <= len(parties):
            raise DoesNotFit(f"/parties/{place}", "no-such-party")
    return {parties[number - 1].side for number in appearance.parties}
