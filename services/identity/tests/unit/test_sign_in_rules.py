"""The rules of signing in, on fakes: limits, locks, constant answers, the second factor."""

import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from tests.support.sign_in_fakes import (
    FakeDevices,
    FakeFactorStore,
    FakeNumbers,
    FakePeople,
    FakeSender,
    FakeSentCodes,
    FakeSignIns,
    FakeUnitOfWork,
    Memory,
)

from identity.application.factors.secret_box import SecretBox
from identity.application.people.errors import Told
from identity.application.recovery.apply_recovery import ApplyRecovery
from identity.application.sign_in.act_as import ActAs, ActAsHandler
from identity.application.sign_in.begin_sign_in import BeginSignIn, BeginSignInHandler
from identity.application.sign_in.check_code import CheckCode, CheckCodeHandler
from identity.application.sign_in.end_sign_in import EndSignIn, EndSignInHandler
from identity.application.sign_in.enrol_factor import EnrolFactor, EnrolFactorHandler, Enrolment
from identity.application.sign_in.errors import (
    AppCodesLocked,
    CodesPaused,
    SignInOver,
    TooManyCodes,
    TooManyFactorTries,
    WrongCode,
    WrongFactor,
)
from identity.application.sign_in.prove_factor import ProveFactor, ProveFactorHandler
from identity.application.sign_in.read_choices import ChoiceReader
from identity.application.sign_in.send_code import SendCode, SendCodeHandler
from identity.domain.factors.factors import Kind, in_groups, new_recovery_codes, new_totp_secret
from identity.domain.people.mobile import Mobile
from identity.domain.people.person import Person
from identity.domain.people.rights import Right, Role
from identity.domain.sign_in.sign_in import (
    MAX_CODES_OF_A_DEVICE,
    MAX_CODES_OF_A_NUMBER,
    MAX_TRIES,
    SignIn,
    Stage,
    codes_for_strangers,
)
from identity.domain.tokens.grants import AuthorizationRequest, stored

NOON = datetime(2026, 11, 27, 6, 30, tzinfo=UTC)
KEY = b"a-key-for-people-that-only-tests-use"
REQUEST = AuthorizationRequest(
    client_id="cli_app", redirect_uri="https://a.example/", scope="openid", state=None, nonce=None, code_challenge="c"
)
CODE = "123456"


POST = Right(
    id="rgt_1", role=Role.OFFICER, department="revenue", designation="Tehsildar", districts=frozenset({"102"}),
    begins_at=NOON,
)  # fmt: skip


class NoCentre:
    """application.centres.ports.Centres where none is suspended or closed."""

    def get(self, kiosk_id: str) -> None:
        """Nothing is known of it."""


def nobody_recovers(_: ApplyRecovery) -> None:
    """No recovery is due."""


@dataclass
class Browser:
    """A browser at the use cases, all over one memory; `cap` is CODES_A_DAY."""

    memory: Memory
    cap: int | None = None
    at: datetime = NOON
    device: str = field(default_factory=lambda: secrets.token_urlsafe(8))
    ticket: str = ""
    secret: str = ""

    def begin(self) -> None:
        self.ticket = secrets.token_urlsafe(8)
        command = BeginSignIn(ticket=self.ticket, device=self.device, request=REQUEST, at=self.at)
        BeginSignInHandler(sign_ins=FakeSignIns(self.memory))(command)

    def ask(self, mobile: str) -> SignIn:
        handler = SendCodeHandler(
            sign_ins=FakeSignIns(self.memory), sent=FakeSentCodes(self.memory), devices=FakeDevices(self.memory),
            sender=FakeSender(self.memory), codes_a_day=self.cap, key=KEY,
        )  # fmt: skip
        return handler(SendCode(ticket=self.ticket, device=self.device, mobile=mobile, code=CODE, at=self.at))

    @property
    def choices(self) -> ChoiceReader:
        return ChoiceReader(people=FakePeople(self.memory), centres=NoCentre())

    def check(self, code: str = CODE) -> SignIn:
        """Check, and act by the first right there is, or as a citizen."""
        handler = CheckCodeHandler(
            sign_ins=FakeSignIns(self.memory), choices=self.choices,
            apply_recovery=nobody_recovers,  # type: ignore[arg-type] # called, and nothing else
            key=KEY,
        )  # fmt: skip
        sign_in, there = handler(CheckCode(ticket=self.ticket, device=self.device, code=code, at=self.at))
        return self.act_as(sign_in, there.rights[0].id if there.rights else None)

    def act_as(self, sign_in: SignIn, right_id: str | None) -> SignIn:
        handler = ActAsHandler(
            sign_ins=FakeSignIns(self.memory), completions=FakeUnitOfWork(self.memory), choices=self.choices,
            box=SecretBox(KEY),
        )  # fmt: skip
        new_device, self.secret = secrets.token_urlsafe(8), new_totp_secret()
        sign_in = handler(
            ActAs(
                sign_in=sign_in, right_id=right_id, new_device=new_device,
                authorization_code=secrets.token_urlsafe(8), person_id=f"per_{secrets.token_hex(8)}",
                grant_id="gra_1", challenge=b"c" * 32, totp_secret=self.secret, at=self.at,
            )
        )  # fmt: skip
        if sign_in.stage is Stage.DONE:
            self.device = new_device
        return sign_in

    def signs_in(self, mobile: str) -> SignIn:
        self.begin()
        self.ask(mobile)
        return self.check()

    def enrol(self, code: str) -> Enrolment:
        handler = EnrolFactorHandler(
            sign_ins=FakeSignIns(self.memory), changes=FakeUnitOfWork(self.memory), passkeys=None, box=SecretBox(KEY)
        )
        return handler(
            EnrolFactor(
                ticket=self.ticket, device=self.device, kind=Kind.TOTP, typed=code, credential="",
                recovery_codes=("AAAA-BBBB-CCCC-DDDD",), at=self.at,
            )
        )  # fmt: skip

    def prove(self, code: str, kind: Kind = Kind.TOTP) -> SignIn:
        handler = ProveFactorHandler(
            sign_ins=FakeSignIns(self.memory), factors=FakeFactorStore(self.memory),
            changes=FakeUnitOfWork(self.memory), passkeys=None, box=SecretBox(KEY),
        )  # fmt: skip
        return handler(
            ProveFactor(ticket=self.ticket, device=self.device, kind=kind, typed=code, credential="", at=self.at)
        )

    def end(self) -> None:
        handler = EndSignInHandler(
            sign_ins=FakeSignIns(self.memory), completions=FakeUnitOfWork(self.memory), people=FakePeople(self.memory),
            choices=self.choices,
        )  # fmt: skip
        handler(
            EndSignIn(
                ticket=self.ticket, device=self.device, new_device="d", authorization_code="a", grant_id="gra_2",
                at=self.at,
            )
        )  # fmt: skip


def number(n: int) -> str:
    return f"98290{n:05}"


def officer(memory: Memory, mobile: str = number(1)) -> Browser:
    """An officer's browser, whose phone is proved."""
    memory.people["per_officer"] = Person(id="per_officer", role="citizen", rights=(POST,), created_at=NOON)
    FakeNumbers(memory).give(Mobile(mobile).index(KEY), "XXXXXX0001", "per_officer", NOON)
    browser = Browser(memory)
    assert browser.signs_in(mobile).stage is Stage.NUMBER_PROVED
    return browser


def with_app(memory: Memory) -> tuple[Browser, pyotp.TOTP]:
    """An officer with an app, whose phone is proved anew."""
    browser = officer(memory)
    app = pyotp.TOTP(browser.secret)
    browser.enrol(app.at(NOON, counter_offset=-1))
    browser.signs_in(number(1))
    return browser, app


def assert_told(error: Told, *, ends_within_hours: int | None = None) -> None:
    """A lock says why, when it ends and how somebody gets on, in both languages."""
    detail, detail_hi = str(error), error.members["detail_hi"]  # type: ignore[attr-defined] # a ServiceError's
    assert "centre" in detail
    assert "केंद्र" in detail_hi
    if ends_within_hours is not None:
        assert f"within {ends_within_hours} hours" in detail
        assert f"{ends_within_hours} घंटे" in detail_hi
        assert 0 < error.retry_after_seconds <= ends_within_hours * 3600  # type: ignore[attr-defined]


# ---- limits


def test_two_hundred_operators_behind_one_address_sign_in() -> None:
    memory = Memory()
    assert [Browser(memory).signs_in(number(n)).stage for n in range(200)] == [Stage.DONE] * 200


def test_one_number_has_its_codes_and_another_is_not_touched() -> None:
    memory = Memory()
    for _ in range(MAX_CODES_OF_A_NUMBER):
        stranger = Browser(memory)
        stranger.begin()
        stranger.ask(number(1))
    stranger.begin()
    with pytest.raises(TooManyCodes) as caught:
        stranger.ask(number(1))
    assert_told(caught.value, ends_within_hours=24)
    stranger.ask(number(2))


def test_one_browser_has_its_codes_and_another_is_not_touched() -> None:
    memory = Memory()
    script = Browser(memory)
    script.begin()
    for n in range(MAX_CODES_OF_A_DEVICE):
        script.ask(number(n))
    with pytest.raises(TooManyCodes):
        script.ask(number(99))
    assert Browser(memory).signs_in(number(99)).stage is Stage.DONE


def test_the_codes_of_a_day_have_an_end_that_is_told_and_known_browsers_go_on() -> None:
    memory, cap = Memory(), 10
    owner = Browser(memory, cap)
    owner.signs_in(number(0))
    for n in range(1, codes_for_strangers(cap)):
        Browser(memory, cap).signs_in(number(n))
    for n in range(50, 60):  # more and more strangers take nothing from those who are known
        stranger = Browser(memory, cap)
        stranger.begin()
        with pytest.raises(CodesPaused) as caught:
            stranger.ask(number(n))
        assert_told(caught.value, ends_within_hours=24)
    for _ in range(cap - codes_for_strangers(cap)):
        assert owner.signs_in(number(0)).stage is Stage.DONE
    owner.begin()
    with pytest.raises(CodesPaused):
        owner.ask(number(0))
    assert len(memory.sent) == cap
    tomorrow = Browser(memory, cap, at=NOON + timedelta(days=1))
    assert tomorrow.signs_in(number(0)).stage is Stage.DONE


def test_without_such_a_limit_there_is_none() -> None:
    memory = Memory()
    for n in range(300):
        Browser(memory).signs_in(number(n))
    assert len(memory.sent) == 300


def test_a_code_has_five_tries() -> None:
    browser = Browser(Memory())
    browser.begin()
    browser.ask(number(1))
    for left in reversed(range(MAX_TRIES)):
        with pytest.raises(WrongCode, match=f"left: {left}"):
            browser.check("000000")


def test_known_and_unknown_numbers_cost_the_same_work() -> None:
    """Constant time by what is done, not by a clock: each step asks the same of the same ports."""

    def asked(mobile: str, memory: Memory) -> tuple[dict[str, int], dict[str, int]]:
        browser = Browser(memory)
        browser.begin()
        memory.asked.clear()
        browser.ask(mobile)
        sending = dict(memory.asked)
        memory.asked.clear()
        with pytest.raises(WrongCode):
            browser.check("000000")
        return sending, dict(memory.asked)

    memory = Memory()
    officer(memory, number(1))
    Browser(memory).signs_in(number(2))
    works = [asked(number(n), memory) for n in (1, 2, 3)]
    assert works[0] == works[1] == works[2]
    assert works[0][0]["CodeSender.send"] == 1
    assert not {"Numbers.owner", "People.of_mobile"} & (works[0][0] | works[0][1]).keys()


# ---- the second factor


def test_an_officer_goes_on_with_an_app_and_ends() -> None:
    memory = Memory()
    browser, app = with_app(memory)
    with pytest.raises(SignInOver):
        browser.end()
    assert browser.prove(app.at(NOON)).amr == ("sms", "otp", "mfa")
    browser.end()
    assert [code.amr for code in memory.codes.values()] == [("sms", "otp", "mfa")]
    with pytest.raises(SignInOver):
        browser.end()


def test_the_code_carries_the_right_that_was_chosen_and_nobody_falls_back_when_it_ends_meanwhile() -> None:
    memory = Memory()
    browser, app = with_app(memory)
    browser.prove(app.at(NOON))
    officer_with_right = memory.people["per_officer"]
    memory.people["per_officer"] = replace(officer_with_right, rights=(replace(POST, ends_at=NOON),))
    with pytest.raises(SignInOver):
        browser.end()
    assert not memory.codes
    memory.people["per_officer"] = officer_with_right
    browser.end()
    assert [(code.person_id, code.right_id) for code in memory.codes.values()] == [("per_officer", "rgt_1")]


def test_a_number_that_became_somebody_elses_meanwhile_ends_nothing_for_the_one_before() -> None:
    memory = Memory()
    browser, app = with_app(memory)
    browser.prove(app.at(NOON))
    memory.numbers[Mobile(number(1)).index(KEY)] = "per_other"
    with pytest.raises(SignInOver):
        browser.end()


def test_an_officer_who_acts_as_a_citizen_needs_no_second_factor() -> None:
    memory = Memory()
    officer(memory)
    browser = Browser(memory)
    browser.begin()
    browser.ask(number(1))
    sign_in = FakeSignIns(memory).get(stored(browser.ticket))
    assert sign_in is not None
    assert browser.act_as(sign_in, None).stage is Stage.DONE
    assert [(code.right_id, code.amr) for code in memory.codes.values()] == [(None, ("sms", "otp"))]


def test_a_proof_that_is_repeated_changes_nothing() -> None:
    memory = Memory()
    browser, app = with_app(memory)
    assert browser.prove(app.at(NOON)) == browser.prove(app.at(NOON))


@pytest.mark.parametrize("typed", ["", " ", "12345", "1234567", "१२३४५६", "abc", "0" * 2000])
def test_what_is_no_code_is_wrong(typed: str) -> None:
    browser, _ = with_app(Memory())
    with pytest.raises(WrongFactor):
        browser.prove(typed)


def test_a_code_may_be_written_in_hindi_digits_and_in_groups() -> None:
    browser, app = with_app(Memory())
    hindi = app.at(NOON).translate(str.maketrans("0123456789", "०१२३४५६७८९"))
    assert browser.prove(f"{hindi[:3]} {hindi[3:]}").stage is Stage.FACTOR_PROVED


def test_codes_of_the_app_that_are_wrong_ten_times_lock_it_and_not_the_person() -> None:
    memory = Memory()
    browser, app = with_app(memory)
    for _ in range(2):
        for _ in range(5):
            with pytest.raises(WrongFactor):
                browser.prove("000000")
        with pytest.raises(TooManyFactorTries) as ended:
            browser.prove(app.at(NOON))
        assert_told(ended.value)
        browser.signs_in(number(1))
    with pytest.raises(AppCodesLocked) as caught:
        browser.prove(app.at(NOON))
    assert_told(caught.value, ends_within_hours=24)
    assert browser.prove("aaaa bbbb cccc dddd", Kind.RECOVERY_CODE).stage is Stage.FACTOR_PROVED


def test_a_passkey_where_there_are_none_is_wrong() -> None:
    browser, _ = with_app(Memory())
    with pytest.raises(WrongFactor):
        browser.prove("", Kind.PASSKEY)


def test_the_secret_of_an_app_is_closed_for_its_person_alone() -> None:
    memory = Memory()
    with_app(memory)
    totp = memory.factors["per_officer"].totp
    assert totp is not None
    box = SecretBox(KEY)
    assert len(box.open(totp.sealed, "per_officer")) == 32
    for sealed, whose, key in (
        (totp.sealed, "per_other", KEY),
        (totp.sealed[:-1] + bytes([totp.sealed[-1] ^ 1]), "per_officer", KEY),
        (totp.sealed, "per_officer", b"another key"),
    ):
        with pytest.raises(ValueError, match="does not open"):
            SecretBox(key).open(sealed, whose)


def test_recovery_codes_are_ten_random_ones_that_people_can_copy() -> None:
    codes = {code for _ in range(20) for code in new_recovery_codes()}
    assert len(codes) == 200
    assert {len(code) for code in codes} == {19}
    assert in_groups("ABCDEFGHIJ", " ") == "ABCD EFGH IJ"
