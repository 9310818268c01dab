"""What clients are shown of top-ups: plain dictionaries for the schemas to dump."""

from typing import Any

from billing.domain.top_ups.top_up import TopUp, TopUpState
from servicekit.money import money

# By state: what a client acts on, and what the operator is told in both languages.
_TOLD = {
    TopUpState.REQUESTED: ("PROCESSING", "The top-up is being made.", "टॉप-अप किया जा रहा है।"),
    TopUpState.UNKNOWN: (
        "IN_DOUBT",
        "The bank has not confirmed the top-up yet; it is being found out. Nothing need be done, and do not pay again.",
        "बैंक ने टॉप-अप की पुष्टि अभी नहीं की है; पता किया जा रहा है। आपको कुछ करने की आवश्यकता नहीं है, दोबारा भुगतान न करें।",
    ),
    TopUpState.CREDITED: ("CREDITED", "The money is in the wallet.", "राशि वॉलेट में जमा हो गई है।"),
    TopUpState.REFUSED: (
        "REFUSED",
        "The top-up was not made; no money was taken.",
        "टॉप-अप नहीं हुआ; कोई राशि नहीं ली गई।",
    ),
    TopUpState.MANUAL: (
        "IN_DOUBT",
        "The bank has not confirmed the top-up in time; people are finding out. Do not pay again.",
        "बैंक ने समय पर टॉप-अप की पुष्टि नहीं की; कर्मचारी पता कर रहे हैं। दोबारा भुगतान न करें।",
    ),
}


def top_up_view(top_up: TopUp) -> dict[str, Any]:
    """A top-up as it stands."""
    status, says, says_hi = _TOLD[top_up.state]
    return {
        "top_up_id": top_up.top_up_id,
        "kiosk_id": top_up.kiosk_id,
        "status": status,
        "state": top_up.state.value,
        "amount": money(top_up.paise),
        "mode": top_up.mode,
        "says": says,
        "says_hi": says_hi,
        "refusal": top_up.refusal,
        "created_at": top_up.created_at,
        "deadline_at": top_up.deadline_at,
        "credited_at": top_up.history[-1].at if top_up.state is TopUpState.CREDITED else None,
    }
