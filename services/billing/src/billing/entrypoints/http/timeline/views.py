"""What is shown of timelines: plain dictionaries for the schemas to dump."""

from typing import Any

from billing.application.timeline.read_timeline import Timeline
from billing.domain.money import rupees
from billing.domain.timeline.chain import Chain, legs_text
from billing.domain.timeline.hops import Hop, HopKind

# By the hop's name: what it means, in both languages.
_STATES = {
    "CREATED": ("The payment was asked for.", "भुगतान का अनुरोध हुआ।"),
    "AUTH_REQUESTED": ("The payer's money is being asked for.", "भुगतानकर्ता की राशि माँगी जा रही है।"),
    "AUTH_UNKNOWN": ("It is not known whether the money was set aside.", "राशि अलग रखी गई या नहीं, ज्ञात नहीं है।"),
    "AUTH_FAILED": ("The money was not set aside; nothing was taken.", "राशि अलग नहीं रखी गई; कुछ नहीं लिया गया।"),
    "AUTHORISED": ("The money is set aside.", "राशि अलग रख ली गई है।"),
    "POST_REQUESTED": ("The payment is on its way to the biller.", "भुगतान बिलर को भेजा जा रहा है।"),
    "POST_UNKNOWN": ("It is not known whether the biller took it.", "बिलर ने लिया या नहीं, ज्ञात नहीं है।"),
    "POST_FAILED": ("The biller did not take it.", "बिलर ने भुगतान नहीं लिया।"),
    "VOIDED": ("The money went back.", "राशि वापस कर दी गई।"),
    "POSTED": ("The biller took it.", "बिलर ने भुगतान ले लिया।"),
    "COMPLETED": ("The payment is complete; the receipt exists.", "भुगतान पूरा हुआ; रसीद बन गई।"),
    "MANUAL": ("People are finding out.", "कर्मचारी पता कर रहे हैं।"),
    "REFUND_REQUESTED": ("A refund was asked for.", "धन-वापसी का अनुरोध हुआ।"),
    "REFUND_UNKNOWN": ("It is not known whether the refund was made.", "धन-वापसी हुई या नहीं, ज्ञात नहीं है।"),
    "REFUND_REFUNDED": ("The refund was made.", "धन-वापसी हो गई।"),
    "REFUND_REFUSED": ("The refund was refused.", "धन-वापसी अस्वीकार हुई।"),
    "REFUND_MANUAL": ("People are finding out about the refund.", "धन-वापसी के बारे में कर्मचारी पता कर रहे हैं।"),
}
_ENTRIES = {
    "hold": ("set aside in the ledger", "खाता-बही में अलग रखे गए"),
    "post": ("posted to those who are paid", "प्राप्तकर्ताओं के खातों में जमा"),
    "void": ("put back in the ledger", "खाता-बही में वापस"),
    "capture": ("collected by the payment provider", "भुगतान प्रदाता ने वसूल किए"),
    "refund": ("given back in the ledger", "खाता-बही में लौटाए गए"),
}
_ASKED = {"biller": ("The biller", "बिलर"), "provider": ("The payment provider", "भुगतान प्रदाता")}
_ANSWERS = {
    "SUCCESS": ("said yes", "ने हाँ कहा"),
    "REFUSED": ("said no", "ने मना किया"),
    "PENDING": ("is still at work", "अभी काम कर रहा है"),
    "NEVER_SEEN": ("has never seen it", "ने इसे देखा ही नहीं"),
    "NOT_SENT": ("could not be reached", "तक पहुँच नहीं हुई"),
    "UNKNOWN": ("gave no usable answer", "से कोई उपयोगी उत्तर नहीं मिला"),
}
_EVENT = ("This was told to all services: {}.", "यह सभी सेवाओं को बताया गया: {}।")


def timeline_view(timeline: Timeline, *, with_legs: bool) -> dict[str, Any]:
    """A timeline, as far as the caller may see it."""
    chain = timeline.chain
    return {
        "payment_id": chain.payment_id,
        "items": [
            _hop_view(hop, link.record, link.digest, _legs_view(chain, hop) if with_legs and hop.legs else None)
            for hop, link in zip(timeline.hops, chain.links, strict=True)
        ],
        "next": None,
        "head": chain.head,
        "jws": timeline.seal,
    }


def says(hop: Hop) -> tuple[str, str]:
    """What a hop was, for people, in English and Hindi."""
    facts = hop.facts
    match hop.kind:
        case HopKind.STATE:
            en, hi = _STATES.get(hop.name, (hop.name, hop.name))
            return (
                (f"{en} ({rupees(int(facts['paise']))})", f"{hi} ({rupees(int(facts['paise']))})")
                if facts
                else (en, hi)
            )
        case HopKind.ENTRY:
            en, hi = _ENTRIES.get(hop.name, (hop.name, hop.name))
            return f"{rupees(int(facts['paise']))} {en}.", f"{rupees(int(facts['paise']))} {hi}।"
        case HopKind.CALL:
            (who, who_hi), (did, did_hi) = _ASKED[str(facts["asked"])], _ANSWERS[str(facts["answer"])]
            return f"{who} {did}.", f"{who_hi} {did_hi}।"
        case HopKind.EVENT:
            return _EVENT[0].format(hop.name), _EVENT[1].format(hop.name)
        case HopKind.SETTLEMENT:
            paise = rupees(int(facts["paise"]))
            return f"{paise} settled with the biller.", f"बिलर के साथ {paise} का निपटान हुआ।"


def _hop_view(hop: Hop, record: str, digest: str, legs: dict[str, str] | None) -> dict[str, Any]:
    en, hi = says(hop)
    return {
        "at": hop.at,
        "kind": hop.kind.value,
        "name": hop.name,
        "says": en,
        "says_hi": hi,
        "record": record,
        "digest": digest,
        "legs": legs,
    }


def _legs_view(chain: Chain, hop: Hop) -> dict[str, str]:
    return {"text": legs_text(hop), "salt": chain.salt_of(hop.hop_id)}
