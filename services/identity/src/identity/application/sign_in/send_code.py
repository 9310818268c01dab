"""Send somebody a one-time code."""

from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from identity.application.sign_in.code_limits import Budget, seconds_to_wait, spend
from identity.application.sign_in.errors import CodesPaused, InvalidMobile, SignInNotSetUp, SignInOver, over
from identity.application.sign_in.ports import CodeSender, Devices, SentCodes, SignIns
from identity.application.sign_in.read_sign_in import SignInReader
from identity.domain.people.mobile import Mobile, read_mobile
from identity.domain.sign_in.sign_in import (
    CODE_LIVES,
    MAX_CODES_OF_A_DEVICE,
    MAX_CODES_OF_A_NUMBER,
    SignIn,
    Stage,
    code_hmac,
    codes_for_strangers,
)
from servicekit.errors import FieldProblem

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class SendCode:
    """`mobile` as typed; `code` is minted by the caller."""

    ticket: str = field(repr=False)
    device: str = field(repr=False)
    mobile: str = field(repr=False)
    code: str = field(repr=False)
    at: datetime


@dataclass(frozen=True, kw_only=True)
class SendCodeHandler:
    """Known and unknown numbers are told the same, in the same time: whose number it is is not even looked up."""

    sign_ins: SignIns
    sent: SentCodes
    devices: Devices
    sender: CodeSender | None
    codes_a_day: int | None
    key: bytes = field(repr=False)

    def __call__(self, command: SendCode) -> SignIn:
        """The sign-in with its code on the way; a repeat sends another code, and the one before counts no more.

        Raises SignInOver, InvalidMobile, TooManyCodes, CodesPaused, SignInNotSetUp.
        """
        sign_in = SignInReader(sign_ins=self.sign_ins).of(command.ticket, command.device, command.at)
        if sign_in.stage not in (Stage.BEGUN, Stage.CODE_SENT):
            raise SignInOver(
                "The code was right: go on from there, or go back to the app and begin again.",
                "कोड सही था: वहीं से आगे बढ़ें, या ऐप पर वापस जाकर फिर से शुरू करें।",
            )
        if self.sender is None:
            raise SignInNotSetUp(
                "No codes are sent from here; ask at a centre.", "यहाँ से कोड नहीं भेजे जाते; किसी केंद्र पर पूछें।"
            )
        mobile = read_mobile(command.mobile)
        if mobile is None:
            raise InvalidMobile(
                "Write the ten digits of a mobile number of India, such as 98290 00000.",
                "भारत का दस अंकों का मोबाइल नंबर लिखें, जैसे 98290 00000।",
                errors=[FieldProblem("/mobile", "wrong-form", "Ten digits that begin with 6, 7, 8 or 9.")],
            )
        self._count(sign_in, mobile, command.at)
        begun = replace(
            sign_in,
            stage=Stage.CODE_SENT,
            mobile_index=mobile.index(self.key),
            mobile_shown=mobile.shown,
            code_hmac=code_hmac(self.key, sign_in.id, command.code),
            code_expires_at=command.at + CODE_LIVES,
            tries=0,
        )
        if not self.sign_ins.send(begun):
            raise over()
        self.sender.send(mobile, command.code, command.at)
        return begun

    def _count(self, sign_in: SignIn, mobile: Mobile, at: datetime) -> None:
        """By number and by browser, never by address: two hundred operators sit behind one.

        A browser that the number's owner signed in with has a budget of its own, so that nobody locks them out by
        asking for codes in their name; of the day's codes a fifth is kept for such browsers.
        """
        index = mobile.index(self.key)
        known = self.devices.knows(sign_in.device_id, index, at)
        whose = sign_in.device_id if known else "strangers"
        spend(
            self.sent,
            [
                Budget(f"device:{sign_in.device_id}", MAX_CODES_OF_A_DEVICE),
                Budget(f"number:{index}:{whose}", MAX_CODES_OF_A_NUMBER),
            ],
            at,
            "Until then sign in with the phone or computer that you last signed in with, or go to a centre.",
            "तब तक उस फ़ोन या कंप्यूटर से साइन-इन करें जिससे पिछली बार किया था, या किसी केंद्र पर जाएँ।",
        )
        if self.codes_a_day is not None:
            for_strangers = codes_for_strangers(self.codes_a_day)
            most = self.codes_a_day - for_strangers if known else for_strangers
            wait = seconds_to_wait(self.sent, Budget("known browsers" if known else "strangers", most), at)
            if wait is not None:
                log.error("codes_of_the_day_are_used_up", known_browsers=known, most=most)
                raise _paused(wait)


def _paused(wait: int) -> CodesPaused:
    hours = -(-wait // 3600)
    return CodesPaused(
        f"The platform has sent all codes of this day. It ends within {hours} hours. Until then sign in with the phone "
        "or computer that you last signed in with, or go to a centre.",
        f"आज के सभी कोड भेजे जा चुके हैं। यह रोक {hours} घंटे में समाप्त होगी। तब तक उस फ़ोन या कंप्यूटर से साइन-इन करें जिससे "
        "पिछली बार किया था, या किसी केंद्र पर जाएँ।",
        retry_after_seconds=wait,
    )
