"""What somebody agreed that another does for them, and the one check that it is this and no more (ADR 0057).

A token by which somebody acts for a person carries it as `authorization_details` (RFC 9396). Whatever service does
something by such a token asks `permit_act` first. An act that nobody agreed to is refused, and so is one of a type that
the token does not name: a service that forgets to name its act at identity does nothing, rather than anything.
"""

from collections.abc import Collection
from dataclasses import dataclass

from servicekit.errors import NotPermitted


class ActNotAgreed(NotPermitted):
    """The person agreed to something else: `agreed` says to what. Ask the person anew, for this."""

    slug = "act-not-agreed"
    title = "The person did not agree to this"
    title_hi = "व्यक्ति ने इसके लिए सहमति नहीं दी है"


class ActUsedUp(NotPermitted):
    """The person agreed to this once, and it was done. Ask the person anew for another time."""

    slug = "act-used-up"
    title = "What the person agreed to was done already"
    title_hi = "जिसके लिए सहमति दी गई थी वह हो चुका है"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedAct:
    """One thing that may be done. `identifier` names what it is about; `most_paise` is the most that it may cost the
    person in all, None where it costs nothing; `once`: one time, not as often as the time allows."""

    type: str
    identifier: str
    most_paise: int | None = None
    once: bool = False


@dataclass(frozen=True, slots=True)
class Agreement:
    """All that a person agreed to in one assistance."""

    assistance_id: str
    acts: tuple[AgreedAct, ...] = ()


def permit_act(
    agreement: Agreement | None, act_type: str, *, about: Collection[str], paise: int | None = None
) -> str | None:
    """Let an act pass that was agreed to. None as the agreement is somebody who acts for themselves: they may.

    `about` are the names of what it is done to, any of which may be the one agreed to; `paise` is what the person pays
    in all. Gives the assistance's id where the act may be done once: the service keeps it with what it does, under a
    unique index, and raises `used_up()` where it is there. None where it may be done again.

    Raises ActNotAgreed.
    """
    if agreement is None:
        return None
    acts = [act for act in agreement.acts if act.type == act_type]
    about_this = [act for act in acts if act.identifier in about]
    for act in about_this:
        if _costs_no_more(act, paise):
            return agreement.assistance_id if act.once else None
    raise _not_agreed(acts, about_this, paise, agreement.acts)


def used_up() -> ActUsedUp:
    """The refusal of a second time."""
    return ActUsedUp(
        "The person agreed to this once, and once it was done. Ask the person anew, or repeat the first request under "
        "its own Idempotency-Key.",
        detail_hi="व्यक्ति ने एक बार के लिए सहमति दी थी और वह हो चुका है। व्यक्ति से फिर से पूछें।",
    )


def _costs_no_more(act: AgreedAct, paise: int | None) -> bool:
    if act.most_paise is None or paise is None:
        # Money that nobody spoke of, or a limit that nobody can compare with anything.
        return act.most_paise is None and paise is None
    return paise <= act.most_paise


def _not_agreed(
    acts: Collection[AgreedAct], about_this: Collection[AgreedAct], paise: int | None, all_agreed: Collection[AgreedAct]
) -> ActNotAgreed:
    agreed = [
        {"type": act.type, "identifier": act.identifier}
        | ({} if act.most_paise is None else {"at_most": {"amount": act.most_paise, "currency": "INR"}})
        for act in all_agreed
    ]
    if not acts:
        detail, detail_hi = "It is another act than the person agreed to.", "सहमति किसी अन्य कार्य के लिए दी गई थी।"
    elif not about_this:
        named = ", ".join(act.identifier for act in acts)
        detail, detail_hi = f"The person agreed to it for {named} alone.", f"सहमति केवल {named} के लिए दी गई थी।"
    else:
        most = max((act.most_paise or 0) for act in about_this)
        told, asked = _rupees(most), _rupees(paise or 0)
        detail = f"The person agreed to at most {told} in all, service charge included; this comes to {asked}."
        detail_hi = f"सहमति सेवा शुल्क सहित कुल अधिकतम {told} की थी; यह {asked} है।"
    return ActNotAgreed(
        f"{detail} Ask the person anew, for what is to be done.",
        detail_hi=f"{detail_hi} जो करना है उसके लिए व्यक्ति से फिर से पूछें।",
        agreed=agreed,
    )


def _rupees(paise: int) -> str:
    return f"₹{paise // 100}.{paise % 100:02}"
