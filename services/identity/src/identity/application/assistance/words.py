"""What people read of an assistance: which act, where, and until when, in Hindi and in English."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from identity.application.assistance.ports import ConsentText
from identity.domain.assistance.acts import shown_identifier
from identity.domain.assistance.assistance import Assistance
from identity.domain.assistance.notices import Notice, NoticeKind
from identity.domain.centres.invitation import Invitation

_INDIA = ZoneInfo("Asia/Kolkata")  # whoever reads it lives there
_NOTICES = {
    NoticeKind.AGREED: (
        "You allowed {where} to do for you: {act}. Until {until}.",
        "आपने {where} को अनुमति दी: {act}। {until} तक।",
    ),
    NoticeKind.DONE: (
        "Done for you at {where}, {at}: {act} ({operation}).",
        "{where} पर {at} को आपके लिए किया गया: {act} ({operation})।",
    ),
    NoticeKind.PERHAPS_DONE: (
        "Perhaps done for you at {where}, {at}: {act} ({operation}). It was not certain when this was sent.",
        "{where} पर {at} को संभवतः आपके लिए किया गया: {act} ({operation})। यह संदेश भेजते समय यह निश्चित नहीं था।",
    ),
    NoticeKind.ANSWERED: ("Your case about {where} was answered.", "{where} के बारे में आपके प्रकरण का उत्तर दिया गया।"),
}


@dataclass(frozen=True)
class InBoth:
    """The same in both languages."""

    en: str
    hi: str


def act_words(assistance: Assistance) -> InBoth:
    """The act, with all that bounds it: what it is about, how much it may cost, and whether it is once."""
    about = [shown_identifier(assistance.identifier)] if assistance.identifier else []
    about += [assistance.object_text] if assistance.object_text else []
    english, hindi = about[:], about[:]
    if assistance.amount_paise is not None:
        rupees = f"₹{assistance.amount_paise // 100}.{assistance.amount_paise % 100:02}"
        english.append(f"at most {rupees} in all")
        hindi.append(f"कुल अधिकतम {rupees}")
    if assistance.act.is_once:
        english.append("once")
        hindi.append("केवल एक बार")
    return InBoth(_with(assistance.act.text, english), _with(assistance.act.text_hi, hindi))


def _with(text: str, told: list[str]) -> str:
    return f"{text} – {', '.join(told)}" if told else text


def where_words(assistance: Assistance, client_name: str) -> InBoth:
    """The centre by the number on its board; what is no centre by its name."""
    if assistance.actor.kiosk_id:
        number = assistance.actor.kiosk_id.removeprefix("ksk_")
        return InBoth(f"e-Mitra centre {number}", f"ई-मित्र केंद्र {number}")
    return InBoth(client_name, client_name)


def consent_message(assistance: Assistance, text: ConsentText, client_name: str, code: str) -> str:
    """What comes with the code, Hindi first."""
    act, where = act_words(assistance), where_words(assistance, client_name)
    told = {"minutes": assistance.minutes, "code": code}
    return (
        text.text_hi.format(where=where.hi, act=act.hi, **told)
        + "\n"
        + text.text.format(where=where.en, act=act.en, **told)
    )


def notice_message(notice: Notice, assistance: Assistance, client_name: str, link: str) -> str:
    """What a notice says, with the way to say "not me", Hindi first."""
    act, where = act_words(assistance), where_words(assistance, client_name)
    told = {
        "at": clock(notice.at),
        "until": clock(assistance.ends_at) if assistance.ends_at else "",
        "operation": notice.operation or "",
    }
    english, hindi = _NOTICES[notice.kind]
    ways = ("Read it", "पढ़ें") if notice.kind is NoticeKind.ANSWERED else ("Not me", "यह मैंने नहीं किया")
    return (
        f"{hindi.format(act=act.hi, where=where.hi, **told)} {ways[1]}: {link}\n"
        f"{english.format(act=act.en, where=where.en, **told)} {ways[0]}: {link}"
    )


def invitation_message(invitation: Invitation) -> str:
    """What an operator reads when their centre is approved, Hindi first."""
    number = invitation.kiosk_id.removeprefix("ksk_")
    return (
        f"ई-मित्र: आपका केंद्र {number} स्वीकृत हो गया है। केंद्र के सॉफ़्टवेयर में इसी नंबर से “केंद्र संचालक” के रूप में साइन-इन करें और "
        "उसकी कुंजी दर्ज करें; फिर केंद्र काम शुरू कर सकता है।\n"
        f"e-Mitra: your centre {number} is approved. Sign in with this number as “Centre operator” in the centre's "
        "software and register its key; then the centre can begin."
    )


def clock(at: datetime) -> str:
    """As it stands on a receipt: 27-11-2026 10:45."""
    return at.astimezone(_INDIA).strftime("%d-%m-%Y %H:%M")
