"""What is shown of proofs of tendering: plain dictionaries for the schemas to dump."""

from collections.abc import Mapping
from typing import Any

from billing.application.tenders.prove_tender import TenderProof
from billing.domain.calendar import IST
from billing.domain.money import rupees
from billing.domain.tariff.billers import Biller
from billing.domain.tenders.proof import in_time
from servicekit.money import money

_SAYS = (
    "{paise} were tendered for {biller}, account ending {ending}, on {at}.",
    "{biller} के लिए, {ending} पर समाप्त खाते हेतु, {paise} की राशि {at} को जमा की गई।",
)
_IN_TIME = {
    True: (" That was in time: the bill was due on {due}.", " यह समय पर था: बिल की अंतिम तिथि {due} थी।"),
    False: (" That was after the due day, {due}.", " यह अंतिम तिथि {due} के बाद था।"),
    None: ("", ""),
}
_DOWN = (
    " The biller could not be reached from {down}.",
    " {down} से बिलर से संपर्क नहीं हो सका।",
)


def proof_view(billers: Mapping[str, Biller], proof: TenderProof) -> dict[str, Any]:
    """A proof."""
    payment, biller = proof.payment, billers.get(proof.payment.biller_id)
    # A biller may have been withdrawn since; the proof stays valid.
    names = (biller.name, biller.name_hi) if biller else (payment.biller_id, payment.biller_id)
    says, says_hi = _says(proof, names)
    return {
        "payment_id": payment.payment_id,
        "transaction_token": payment.transaction_token,
        "kiosk_id": payment.kiosk_id,
        "biller_id": payment.biller_id,
        "biller_name": names[0],
        "biller_name_hi": names[1],
        "account_ends_with": proof.account_ends_with,
        "amount": money(payment.bill_paise),
        "tendered_at": payment.created_at,
        "due_on": payment.due_on,
        "in_time": in_time(payment),
        "fee_window": payment.fee_window,
        "biller_down_at": payment.queued_at,
        "says": says,
        "says_hi": says_hi,
        "jws": proof.jws,
    }


def _says(proof: TenderProof, names: tuple[str, str]) -> tuple[str, str]:
    payment = proof.payment
    facts = {
        "paise": rupees(payment.bill_paise),
        "ending": proof.account_ends_with,
        "at": payment.created_at.astimezone(IST).strftime("%d-%m-%Y %H:%M IST"),
        "due": payment.due_on.strftime("%d-%m-%Y") if payment.due_on else "",
        "down": payment.queued_at.astimezone(IST).strftime("%d-%m-%Y %H:%M IST") if payment.queued_at else "",
    }
    due, down = _IN_TIME[in_time(payment)], _DOWN if payment.queued_at else ("", "")
    says, says_hi = (
        (said + of_due + of_biller).format(biller=name, **facts)
        for said, of_due, of_biller, name in zip(_SAYS, due, down, names, strict=True)
    )
    return says, says_hi
