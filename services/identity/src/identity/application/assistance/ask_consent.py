"""Ask somebody whether an operator or a centre may do something for them: a code goes to their own number."""

from dataclasses import dataclass, field
from datetime import datetime

from identity.application.assistance.errors import ActNotAcceptable, AssistanceNotSetUp, AssistanceOver
from identity.application.assistance.ports import Acts, Assistances, ConsentText
from identity.application.assistance.words import consent_message
from identity.application.clients.ports import Clients
from identity.application.people.ports import NoticeSender
from identity.application.sign_in.code_limits import Budget, spend
from identity.application.sign_in.errors import InvalidMobile
from identity.application.sign_in.ports import SentCodes
from identity.application.vault.detokenise_identifier import DetokeniseIdentifier, DetokeniseIdentifierHandler
from identity.application.vault.store_identifier import StoreIdentifier, StoreIdentifierHandler
from identity.domain.assistance.acts import Act, described_otherwise
from identity.domain.assistance.assistance import (
    MAX_CODES_AT_A_CENTRE,
    MAX_CODES_OF_A_CLIENT,
    MAX_CODES_OF_A_NUMBER_HERE,
    Assistance,
    State,
    not_me_code,
)
from identity.domain.people.mobile import Mobile, read_mobile
from identity.domain.sign_in.sign_in import CODE_LIVES, code_hmac
from identity.domain.tokens.grants import stored
from identity.domain.vault.identifiers import Kind
from identity.domain.vault.records import Actor
from servicekit.errors import FieldProblem
from servicekit.idempotency import Claim, Once

# Of the closed list: a message to the person's own mobile.
PURPOSE = "notice-to-person"


@dataclass(frozen=True, kw_only=True)
class AskConsent:
    """`mobile` as typed, or the `reference` of one in the vault. `act_code` names an act of the list, or `own_act` is
    one in the client's words. What may be made has its
    ids, random reference and code from the caller."""

    actor: Actor
    actor_role: str | None
    mobile: str | None = field(default=None, repr=False)
    reference: str | None = None
    act_code: str | None
    own_act: Act | None
    identifier: str | None = None
    object_text: str | None
    amount_paise: int | None
    minutes: int
    assistance_id: str
    new_reference: str
    reading_id: str
    code: str = field(repr=False)
    claim: Claim
    at: datetime


@dataclass(frozen=True, kw_only=True)
class AskConsentHandler:
    """Known and unknown numbers are told the same: whose number it is is not looked up."""

    assistances: Assistances
    clients: Clients
    acts: Acts
    consent_text: ConsentText
    sent: SentCodes
    store: StoreIdentifierHandler
    detokenise: DetokeniseIdentifierHandler
    sender: NoticeSender | None
    key: bytes = field(repr=False)

    def __call__(self, command: AskConsent) -> Once[Assistance]:
        """The assistance with its code on the way. A repeat under the same key sends nothing more, unless the first
        died before it had sent.

        Raises ActNotAcceptable, AssistanceNotSetUp, InvalidMobile, TooManyCodes, IdempotencyKeyReused,
        and as the vault does.
        """
        sender = self._sender()
        act = self._act(command)
        earlier = self.assistances.find(command.claim)
        mobile, reference = self._number(command)
        if earlier is None:
            self._count(command.actor, mobile, command.at)
            earlier = self.assistances.add(command.claim, self._asked(command, act, mobile, reference))
        assistance = self._kept(earlier.value)
        if assistance.state is State.ASKED and not assistance.code_sent:
            assistance = self._send(assistance, command, mobile, sender)
        return Once(assistance, earlier.replayed)

    def _sender(self) -> NoticeSender:
        if self.sender is None:
            raise AssistanceNotSetUp(
                "No messages are sent from here: PEOPLE_KEY and a sender have to be set.",
                "यहाँ से संदेश नहीं भेजे जाते।",
            )
        return self.sender

    def _act(self, command: AskConsent) -> Act:
        act = command.own_act or self.acts.get(command.act_code or "")
        if act is None:
            known = ", ".join(sorted(self.acts))
            raise _refused(
                "/act/code", "unknown-act", f"Name one of: {known}; or describe an act of your own service.",
                f"इनमें से एक लिखें: {known}; या अपनी सेवा के कार्य का वर्णन दें।",
            )  # fmt: skip
        if command.own_act and (listed := described_otherwise(act.scopes, self.acts)):
            raise _refused(
                "/act/scopes",
                "described-otherwise",
                f"The list has words for {', '.join(listed)}: name its act, so that people read the same everywhere.",
                f"{', '.join(listed)} के लिए सूची में शब्द हैं: सूची का कार्य चुनें।",
            )
        client = self.clients.get(command.actor.client_id)
        if client is None or (lacking := act.scopes - client.scopes):
            named = ", ".join(sorted(lacking if client else act.scopes))
            raise _refused(
                "/act/scopes" if command.own_act else "/act/code",
                "scope-not-granted",
                f"The act needs {named}, which this client does not have.",
                f"इस कार्य के लिए {named} चाहिए, जो इस क्लाइंट के पास नहीं है।",
            )
        _check_bounds(act, command)
        return act

    def _number(self, command: AskConsent) -> tuple[Mobile, str]:
        """The number and its reference in the vault, where its owner can see who reads it."""
        if command.reference is not None:
            shown = self.detokenise(
                DetokeniseIdentifier(
                    reference=command.reference,
                    purpose=PURPOSE,
                    scopes=frozenset({f"vault-purpose:{PURPOSE}"}),
                    reading_id=command.reading_id,
                    actor=command.actor,
                    at=command.at,
                )
            )
            return Mobile(shown.identifier.number), command.reference
        mobile = read_mobile(command.mobile or "")
        if mobile is None:
            raise InvalidMobile(
                "Write the ten digits of the person's own mobile number, such as 98290 00000.",
                "व्यक्ति के अपने मोबाइल नंबर के दस अंक लिखें, जैसे 98290 00000।",
                errors=[
                    FieldProblem(
                        "/mobile", "wrong-form", "Ten digits that begin with 6, 7, 8 or 9.",
                        "दस अंक, जो 6, 7, 8 या 9 से शुरू हों।",
                    )
                ],
            )  # fmt: skip
        record = self.store(
            StoreIdentifier(
                kind=Kind.MOBILE,
                typed=mobile.digits,
                reference=command.new_reference,
                actor=command.actor,
                at=command.at,
            )
        )
        return mobile, record.reference

    def _count(self, actor: Actor, mobile: Mobile, at: datetime) -> None:
        """Apart from the codes of sign-ins: neither uses up what the other needs, nor one centre what another does."""
        index, centre = mobile.index(self.key), actor.kiosk_id or actor.client_id
        spend(
            self.sent,
            [
                Budget(f"assisting:{actor.client_id}", MAX_CODES_OF_A_CLIENT),
                Budget(f"number:{index}:at:{centre}", MAX_CODES_AT_A_CENTRE),
                Budget(f"number:{index}:assisted", MAX_CODES_OF_A_NUMBER_HERE),
            ],
            at,
            "Until then the person can do it in the app, signed in with their own number.",
            "तब तक व्यक्ति अपने नंबर से साइन-इन करके ऐप में स्वयं यह कार्य कर सकता है।",
        )

    def _asked(self, command: AskConsent, act: Act, mobile: Mobile, reference: str) -> Assistance:
        return Assistance(
            id=command.assistance_id,
            actor=command.actor,
            actor_role=command.actor_role,
            act=act,
            identifier=command.identifier,
            object_text=command.object_text,
            amount_paise=command.amount_paise,
            minutes=command.minutes,
            mobile_reference=reference,
            mobile_index=mobile.index(self.key),
            mobile_shown=mobile.shown,
            not_me_id=stored(not_me_code(self.key, command.assistance_id)),
            asked_at=command.at,
        )

    def _send(self, assistance: Assistance, command: AskConsent, mobile: Mobile, sender: NoticeSender) -> Assistance:
        kept = code_hmac(self.key, assistance.id, command.code)
        if self.assistances.put_code(assistance.id, kept, command.at + CODE_LIVES):
            client = self.clients.get(assistance.actor.client_id)
            name = client.name if client else assistance.actor.client_id
            sender.notify(mobile, consent_message(assistance, self.consent_text, name, command.code), command.at)
            self.assistances.mark_sent(assistance.id, kept)
        return self._kept(assistance.id)

    def _kept(self, assistance_id: str) -> Assistance:
        assistance = self.assistances.get(assistance_id)
        if assistance is None:
            raise AssistanceOver("Ask the person again, under a new key.", "व्यक्ति से नई कुंजी के साथ फिर से पूछें।")
        return assistance


def _check_bounds(act: Act, command: AskConsent) -> None:
    """Nothing is told to the person that binds nobody, and nothing is left open that the act has to say."""
    if act.takes_identifier and command.identifier is None:
        raise _refused(
            "/identifier",
            "required",
            "Say what it is about, such as the biller's id or the application type: nothing else can then be done.",
            "लिखें कि यह किसके बारे में है, जैसे बिलर की आईडी या आवेदन का प्रकार: फिर केवल वही किया जा सकेगा।",
        )
    if act.takes_amount and command.amount_paise is None:
        raise _refused(
            "/amount",
            "required",
            "Say how much it may cost the person in all, service charge included: no more can then be paid.",
            "लिखें कि सेवा शुल्क सहित कुल अधिकतम कितनी राशि लगेगी: उससे अधिक नहीं चुकाई जा सकेगी।",
        )
    for pointer, is_idle in (
        ("/identifier", command.identifier is not None and not act.takes_identifier),
        ("/amount", command.amount_paise is not None and not act.takes_amount),
    ):
        if is_idle:
            raise _refused(
                pointer,
                "not-of-this-act",
                "Leave it out: nobody checks it for this act. An act of your own is bounded if it has a type.",
                "इसे न लिखें: इस कार्य के लिए इसकी जाँच नहीं होती। अपने कार्य के लिए type दें।",
            )


def _refused(pointer: str, code: str, detail: str, detail_hi: str) -> ActNotAcceptable:
    return ActNotAcceptable(
        "The act is not acceptable; see errors.",
        "यह कार्य स्वीकार्य नहीं है; errors देखें।",
        errors=[FieldProblem(pointer, code, detail, detail_hi)],
    )
