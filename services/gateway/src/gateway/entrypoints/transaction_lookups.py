"""POST /v1/transaction-lookups: how far a payment or an application is, for whoever has its receipt, in words."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from marshmallow import Schema, ValidationError, fields

from gateway.application.errors import NoSuchTransaction
from gateway.application.read_transactions import TransactionView
from gateway.bootstrap import Gateway
from gateway.entrypoints.transactions import APPLICATION_STATES, PAYMENT_STATUSES
from servicekit.fields import Instant, PrintedCode
from servicekit.http import Blueprint, Coded, application, request_id
from servicekit.ids import read_transaction_token

# As much as somebody may paste around a token.
LONGEST_WRITTEN = 64


class Words(NamedTuple):
    """One text in English and in Hindi."""

    en: str
    hi: str


class Meaning(NamedTuple):
    """What a status is called, and what happens next; `ended` when nothing does by itself any more."""

    name: Words
    following: Words
    ended: bool = False


MEANINGS: Mapping[tuple[str, str], Meaning] = {
    ("payment", "PROCESSING"): Meaning(
        Words("The payment is under way", "भुगतान चल रहा है"),
        Words(
            "It ends by itself, mostly within minutes. You need not pay again. Look here again later.",
            "यह अपने आप पूरा होगा, प्रायः कुछ मिनटों में। दोबारा भुगतान न करें। बाद में यहाँ फिर देखें।",
        ),
    ),
    ("payment", "COMPLETED"): Meaning(
        Words("Paid", "भुगतान हो गया"),
        Words(
            "There is nothing left to do. You get the receipt where you paid.",
            "अब कुछ करना शेष नहीं है। रसीद वहाँ मिलेगी जहाँ भुगतान किया था।",
        ),
        ended=True,
    ),
    ("payment", "FAILED"): Meaning(
        Words("Not paid", "भुगतान नहीं हुआ"),
        Words(
            "The payment did not succeed. Ask where you paid for your money, and pay the bill again.",
            "भुगतान सफल नहीं हुआ। जहाँ भुगतान किया था वहाँ अपने पैसे के लिए पूछें और बिल फिर से जमा करें।",
        ),
        ended=True,
    ),
    ("payment", "IN_DOUBT"): Meaning(
        Words("Not certain yet", "अभी निश्चित नहीं है"),
        Words(
            "The payment was sent, and the biller has not said yet whether it arrived. We go on asking the biller "
            "until it is certain. You need not pay again. Look here again tomorrow.",
            "भुगतान भेज दिया गया है, पर बिल जारी करने वाले ने अभी नहीं बताया कि पहुँचा या नहीं। निश्चित होने तक हम उनसे "
            "पूछते रहेंगे। दोबारा भुगतान न करें। कल यहाँ फिर देखें।",
        ),
    ),
    ("application", "FEE_DUE"): Meaning(
        Words("The fee is not paid yet", "शुल्क अभी नहीं चुकाया गया है"),
        Words(
            "The office begins when the fee is paid. Pay it where you applied.",
            "शुल्क चुकाने पर कार्यालय काम शुरू करेगा। जहाँ आवेदन किया था वहाँ शुल्क दें।",
        ),
    ),
    ("application", "IN_VERIFICATION"): Meaning(
        Words("With the office", "कार्यालय में है"),
        Words(
            "The office is looking at your application. There is nothing for you to do.",
            "कार्यालय आपका आवेदन देख रहा है। आपको कुछ नहीं करना है।",
        ),
    ),
    ("application", "SENT_BACK"): Meaning(
        Words("Sent back to you", "आपको लौटाया गया"),
        Words(
            "The office needs something from you. Ask where you applied what it is.",
            "कार्यालय को आपसे कुछ चाहिए। जहाँ आवेदन किया था वहाँ पूछें कि क्या चाहिए।",
        ),
    ),
    ("application", "REJECTED"): Meaning(
        Words("Rejected", "अस्वीकृत"),
        Words("You get the reason in writing where you applied.", "लिखित कारण वहाँ मिलेगा जहाँ आवेदन किया था।"),
        ended=True,
    ),
    ("application", "ISSUED"): Meaning(
        Words("The certificate is issued", "प्रमाण पत्र जारी हो गया है"),
        Words("You get it where you applied.", "यह वहाँ मिलेगा जहाँ आवेदन किया था।"),
        ended=True,
    ),
    ("application", "OPENED"): Meaning(
        Words("The centre is open", "केंद्र खुल गया है"),
        Words(
            "It may trade from now on. Sign in as its operator.",
            "यह अब से काम कर सकता है। इसके संचालक के रूप में साइन-इन करें।",
        ),
        ended=True,
    ),
    ("application", "SUBMITTED"): Meaning(
        Words("Submitted to the court", "न्यायालय में प्रस्तुत"),
        Words(
            "The court looks whether the filing is complete, and registers it or sends it back.",
            "न्यायालय देखेगा कि प्रकरण पूर्ण है या नहीं, फिर उसे दर्ज करेगा या लौटाएगा।",
        ),
    ),
    ("application", "REGISTERED"): Meaning(
        Words("The case is registered", "प्रकरण दर्ज हो गया है"),
        Words("The court sets the first hearing.", "न्यायालय पहली सुनवाई की तिथि तय करेगा।"),
    ),
    ("application", "LISTED"): Meaning(
        Words("A hearing is set", "सुनवाई की तिथि तय है"),
        Words(
            "Look up the day by the case's number, and come to the court on that day.",
            "प्रकरण संख्या से तिथि देखें और उस दिन न्यायालय में उपस्थित हों।",
        ),
    ),
    ("application", "DISPOSED"): Meaning(
        Words("The case is disposed of", "प्रकरण निस्तारित हो गया है"),
        Words("The order is read where the case was filed.", "आदेश वहाँ पढ़ा जा सकता है जहाँ प्रकरण प्रस्तुत किया था।"),
        ended=True,
    ),
    ("application", "WITHDRAWN"): Meaning(
        Words("Withdrawn", "वापस लिया गया"),
        Words("There is nothing left to do. You may apply again.", "अब कुछ करना शेष नहीं है। आप दोबारा आवेदन कर सकते हैं।"),
        ended=True,
    ),
    ("application", "EXPIRED"): Meaning(
        Words("Expired", "अवधि समाप्त"),
        Words(
            "It waited too long for the fee or for an answer. Apply anew if you need the certificate.",
            "शुल्क या उत्तर समय पर नहीं मिला। प्रमाण पत्र चाहिए तो नया आवेदन करें।",
        ),
        ended=True,
    ),
}
# A status that a service tells and this gateway does not know yet.
OTHER = Meaning(
    Words("Under way", "प्रक्रिया में"),
    Words(
        "Ask where you paid or applied what happens next.",
        "जहाँ भुगतान या आवेदन किया था वहाँ पूछें कि आगे क्या होगा।",
    ),
)
# By the event's name. What is not here is a service's own inner step, and tells a citizen nothing.
STEPS: Mapping[str, Words] = {
    "application.submitted": Words("Application submitted", "आवेदन जमा हुआ"),
    "application.decided": Words("The office decided a step", "कार्यालय ने एक चरण पर निर्णय लिया"),
    "application.resubmitted": Words("The applicant answered", "आवेदक ने उत्तर दिया"),
    "application.withdrawn": Words("Application withdrawn", "आवेदन वापस लिया गया"),
    "application.expired": Words("Application expired", "आवेदन की अवधि समाप्त हुई"),
    "opening.submitted": Words("Application for a centre submitted", "केंद्र के लिए आवेदन जमा हुआ"),
    "opening.moved": Words("The application for a centre came to another step", "केंद्र का आवेदन अगले चरण पर पहुँचा"),
    "case.filed": Words("Case submitted to the court", "प्रकरण न्यायालय में प्रस्तुत हुआ"),
    "case.registered": Words("Case registered", "प्रकरण दर्ज हुआ"),
    "hearing.scheduled": Words("A hearing was set", "सुनवाई की तिथि तय हुई"),
    "order.passed": Words("The court passed an order", "न्यायालय ने आदेश पारित किया"),
    "case.disposed": Words("The case was disposed of", "प्रकरण निस्तारित हुआ"),
    "certificate.issued": Words("Certificate issued", "प्रमाण पत्र जारी हुआ"),
    "certificate.revoked": Words("Certificate revoked", "प्रमाण पत्र निरस्त हुआ"),
    "certificate.superseded": Words("A new certificate was issued in its place", "इसके स्थान पर नया प्रमाण पत्र जारी हुआ"),
    "payment.completed": Words("Payment completed", "भुगतान पूरा हुआ"),
    "payment.failed": Words("Payment did not succeed", "भुगतान सफल नहीं हुआ"),
    "payment.refunded": Words("Money was given back", "राशि वापस की गई"),
}


def _is_token(written: str) -> None:
    if read_transaction_token(written) is None:
        raise ValidationError(
            Coded(
                "not-a-transaction-token",
                "A letter or a digit is wrong. Compare the token with the receipt: EM and 13 letters and digits, "
                "without I, L, O and U.",
                "कोई अक्षर या अंक गलत है। टोकन को रसीद से मिलाएँ: EM और 13 अक्षर व अंक, जिनमें I, L, O और U नहीं होते।",
            )
        )


class TransactionLookupRequestSchema(Schema):
    """The token on a receipt."""

    token = PrintedCode(
        longest=LONGEST_WRITTEN,
        required=True,
        validate=_is_token,
        metadata={
            "description": "EM and 13 characters, the last of which checks the others. Spaces, hyphens and small "
            "letters do no harm.",
            "example": "EMH1TPZP6R1NYHP",
        },
    )


class TransactionStepSchema(Schema):
    """One thing that happened."""

    text = fields.String(required=True, metadata={"example": "Payment completed"})
    text_hi = fields.String(required=True)
    at = Instant(required=True)


class TransactionLookupSchema(Schema):
    """How far it is, in words to be shown as they are; nothing about the person, the bill, the centre or the amount."""

    token = fields.String(required=True, metadata={"example": "EMH1TPZP6R1NYHP"})
    kind = fields.String(required=True, metadata={"enum": ["payment", "application"], "example": "payment"})
    status = fields.String(
        required=True, metadata={"x-extensible-enum": [*PAYMENT_STATUSES, *APPLICATION_STATES], "example": "COMPLETED"}
    )
    status_text = fields.String(required=True, metadata={"description": "What `status` means.", "example": "Paid"})
    status_text_hi = fields.String(required=True, metadata={"description": "The same in Hindi."})
    since = Instant(
        required=True, metadata={"description": "When it came there; a further step of an office counts anew."}
    )
    ended = fields.Boolean(required=True, metadata={"description": "Whether it has come to its end."})
    next_text = fields.String(required=True, metadata={"description": "What happens next, or what to do."})
    next_text_hi = fields.String(required=True, metadata={"description": "The same in Hindi."})
    next_by = Instant(
        required=True,
        allow_none=True,
        metadata={
            "description": "When people take it over if it has not come to its end; null when it has, or when no time "
            "is known: none is ever made up."
        },
    )
    steps = fields.List(
        fields.Nested(TransactionStepSchema),
        required=True,
        metadata={"description": "What has happened so far, oldest first."},
    )


blueprint = Blueprint("transaction-lookups", description="Tracking by the token on a receipt, for everybody.")


@blueprint.route("/v1/transaction-lookups", methods=["POST"])
@blueprint.public("whoever holds a receipt may ask how far it is; the answer names nobody")
@blueprint.repeatable("a question: nothing is kept")
@blueprint.raises(NoSuchTransaction)
@blueprint.arguments(TransactionLookupRequestSchema)
@blueprint.response(200, TransactionLookupSchema)
def look_up_transaction(body: dict[str, Any]) -> dict[str, Any]:
    """Track a payment or an application by the token on its receipt

    Anybody may ask. A POST, so that the token stands in no address. Readable from the moment the submission was
    answered. A mistyped token gets 422 without anything being looked up, one that nothing has gets 404.
    """
    return _shown(application(Gateway).transactions_for_anybody.by_token(body["token"], request_id()))


def _shown(view: TransactionView) -> dict[str, Any]:
    meaning = MEANINGS.get((view.kind, view.status), OTHER)
    steps = [(STEPS[event.type], event.at) for event in view.events if event.type in STEPS]
    return {
        "token": view.token,
        "kind": view.kind,
        "status": view.status,
        "status_text": meaning.name.en,
        "status_text_hi": meaning.name.hi,
        "since": view.since,
        "ended": meaning.ended,
        "next_text": meaning.following.en,
        "next_text_hi": meaning.following.hi,
        "next_by": None if meaning.ended else view.deadline_at,
        "steps": [{"text": words.en, "text_hi": words.hi, "at": at} for words, at in steps],
    }
