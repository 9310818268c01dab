"""Fakes of the ports of signing in, for the unit level; they pass the suite of what they stand for
(tests/service/test_sign_in_stores.py). All share one memory, as the real ones share one database."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from identity.application.sign_in.ports import Completion, SentWindow, UsedBefore
from identity.domain.factors.factors import (
    MAX_PASSKEYS,
    MAX_TOTP_TRIES,
    TOTP_TRIES_COUNTED,
    Enrolled,
    Factors,
    Used,
)
from identity.domain.people.mobile import Mobile
from identity.domain.people.person import Person
from identity.domain.sign_in.sign_in import SignIn, Stage
from identity.domain.tokens.grants import AuthorizationCode

# Stages at which it matters that the code is still the one that was tried.
_CODE_COUNTS = (Stage.CODE_SENT, Stage.CHOOSING)


@dataclass
class Memory:
    """What the fakes keep; `asked` counts what they were asked, by port and method."""

    sign_ins: dict[str, SignIn] = field(default_factory=dict)
    windows: dict[str, SentWindow] = field(default_factory=dict)
    devices: dict[str, tuple[frozenset[str], datetime]] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    codes: dict[str, AuthorizationCode] = field(default_factory=dict)
    factors: dict[str, Factors] = field(default_factory=dict)
    totp_tries: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    sent: list[tuple[Mobile, str]] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)


@dataclass
class FakeSignIns:
    """application.sign_in.ports.SignIns in memory."""

    memory: Memory

    def add(self, sign_in: SignIn) -> None:
        self.memory.asked["SignIns.add"] += 1
        self.memory.sign_ins[sign_in.id] = sign_in

    def get(self, sign_in_id: str) -> SignIn | None:
        self.memory.asked["SignIns.get"] += 1
        return self.memory.sign_ins.get(sign_in_id)

    def send(self, sign_in: SignIn) -> bool:
        self.memory.asked["SignIns.send"] += 1
        kept = self.memory.sign_ins.get(sign_in.id)
        if kept is None or kept.stage not in (Stage.BEGUN, Stage.CODE_SENT):
            return False
        self.memory.sign_ins[sign_in.id] = sign_in
        return True

    def code_was_right(self, sign_in: SignIn) -> bool:
        kept = self.memory.sign_ins.get(sign_in.id)
        if kept is None or kept.stage is not Stage.CODE_SENT or kept.code_hmac != sign_in.code_hmac:
            return False
        self.memory.sign_ins[sign_in.id] = replace(kept, stage=Stage.CHOOSING)
        return True

    def count_try(self, sign_in_id: str, most: int) -> SignIn | None:
        self.memory.asked["SignIns.count_try"] += 1
        kept = self.memory.sign_ins.get(sign_in_id)
        if kept is None or kept.stage is not Stage.CODE_SENT or kept.tries >= most:
            return None
        self.memory.sign_ins[sign_in_id] = replace(kept, tries=kept.tries + 1)
        return self.memory.sign_ins[sign_in_id]

    def prove_number(self, sign_in: SignIn) -> bool:
        kept = self.memory.sign_ins.get(sign_in.id)
        if kept is None or kept.stage not in _CODE_COUNTS or kept.code_hmac != sign_in.code_hmac:
            return False
        self.memory.sign_ins[sign_in.id] = replace(sign_in, code_hmac=None)
        return True

    def count_factor_try(self, sign_in_id: str, most: int) -> SignIn | None:
        kept = self.memory.sign_ins.get(sign_in_id)
        if kept is None or kept.factor_tries is None or kept.factor_tries >= most:
            return None
        self.memory.sign_ins[sign_in_id] = replace(kept, factor_tries=kept.factor_tries + 1)
        return self.memory.sign_ins[sign_in_id]


@dataclass
class FakeSentCodes:
    """application.sign_in.ports.SentCodes in memory."""

    memory: Memory

    def record(self, key: str, at: datetime, window_seconds: int) -> SentWindow:
        self.memory.asked["SentCodes.record"] += 1
        window = self.memory.windows.get(key)
        if window is None or window.ends_at <= at:
            window = SentWindow(codes=0, ends_at=at + timedelta(seconds=window_seconds))
        self.memory.windows[key] = replace(window, codes=window.codes + 1)
        return self.memory.windows[key]


@dataclass
class FakeDevices:
    """application.sign_in.ports.Devices in memory."""

    memory: Memory

    def knows(self, device_id: str, mobile_index: str, at: datetime) -> bool:
        self.memory.asked["Devices.knows"] += 1
        numbers, until = self.memory.devices.get(device_id, (frozenset(), at))
        return mobile_index in numbers and until > at


@dataclass
class FakePeople:
    """application.people.ports.People in memory."""

    memory: Memory

    def put(self, people: Sequence[Person]) -> None:
        for person in people:
            # Rights are not put so.
            first = self.memory.people.get(person.id, replace(person, rights=(), version=0))
            self.memory.people[person.id] = replace(
                person, rights=first.rights, version=first.version, created_at=first.created_at
            )

    def known(self, person_id: str) -> bool:
        return person_id in self.memory.people

    def get(self, person_id: str) -> Person | None:
        self.memory.asked["People.get"] += 1
        return self.memory.people.get(person_id)

    def of_mobile(self, mobile_index: str) -> Person | None:
        self.memory.asked["People.of_mobile"] += 1
        return self.memory.people.get(self.memory.numbers.get(mobile_index, ""))

    def of_kiosk(self, kiosk_id: str) -> Sequence[Person]:
        found = (person for person in self.memory.people.values() if any(r.kiosk_id == kiosk_id for r in person.rights))
        return sorted(found, key=lambda person: person.id)


@dataclass
class FakeNumbers:
    """application.people.ports.Numbers in memory."""

    memory: Memory

    def owner(self, mobile_index: str) -> str | None:
        self.memory.asked["Numbers.owner"] += 1
        return self.memory.numbers.get(mobile_index)

    def give(self, mobile_index: str, shown: str, person_id: str, at: datetime) -> bool:  # noqa: ARG002 - the port's
        if self.memory.numbers.setdefault(mobile_index, person_id) != person_id:
            return False
        for other in [index for index, owner in self.memory.numbers.items() if owner == person_id]:
            if other != mobile_index:
                del self.memory.numbers[other]
        return True


@dataclass
class FakeFactorStore:
    """application.factors.ports.FactorStore in memory."""

    memory: Memory

    def of(self, person_id: str) -> Factors | None:
        return self.memory.factors.get(person_id)

    def count_totp_try(self, person_id: str, at: datetime) -> datetime | None:
        if person_id not in self.memory.factors:
            return None
        tries, end = self.memory.totp_tries.get(person_id, (0, at))
        if end <= at:
            tries, end = 0, at + TOTP_TRIES_COUNTED
        self.memory.totp_tries[person_id] = tries + 1, end
        return end if tries + 1 > MAX_TOTP_TRIES else None


@dataclass
class FakeUnitOfWork:
    """application.sign_in.ports.Completions and FactorChanges in memory."""

    memory: Memory

    def complete(self, completion: Completion) -> bool:
        asked, kept = completion.sign_in, self.memory.sign_ins.get(completion.sign_in.id)
        if kept is None or kept.stage is not asked.stage:
            return False
        if kept.stage in _CODE_COUNTS and kept.code_hmac != asked.code_hmac:
            return False
        index = asked.mobile_index or ""
        owner = asked.person_id or self.memory.numbers.setdefault(index, completion.person.id)
        self.memory.people.setdefault(owner, completion.person)
        self.memory.codes[completion.code.id] = replace(completion.code, person_id=owner)
        numbers, _ = self.memory.devices.pop(asked.device_id, (frozenset(), completion.device_known_until))
        self.memory.devices[completion.device_id] = numbers | {index}, completion.device_known_until
        self.memory.sign_ins[asked.id] = replace(
            kept, stage=Stage.DONE, code_hmac=None, mobile_index=None, mobile_shown=None, challenge=None,
            totp_sealed=None,
        )  # fmt: skip
        return True

    def prove(self, sign_in: SignIn, used: Used) -> bool:
        if not self._at(sign_in, Stage.NUMBER_PROVED):
            return False
        factors = self.memory.factors.get(used.person_id)
        after = factors and _after(factors, used)
        if after is None:
            raise UsedBefore
        self.memory.factors[used.person_id] = after
        if used.step is not None:
            self.memory.totp_tries.pop(used.person_id, None)
        self._proved(sign_in)
        return True

    def enrol(self, sign_in: SignIn, enrolled: Enrolled) -> bool:
        had = self.memory.factors.get(enrolled.person_id)
        if not self._at(sign_in, sign_in.stage) or (had and sign_in.stage is Stage.NUMBER_PROVED):
            return False
        factors = had or Factors(person_id=enrolled.person_id, recovery_codes=enrolled.recovery_codes)
        if enrolled.totp is not None:
            factors = replace(factors, totp=enrolled.totp)
        if enrolled.passkey is not None:
            factors = replace(factors, passkeys=(*factors.passkeys, enrolled.passkey)[-MAX_PASSKEYS:])
        self.memory.factors[enrolled.person_id] = factors
        self._proved(sign_in)
        return True

    def renew_recovery_codes(self, sign_in: SignIn, codes: frozenset[str]) -> bool:
        if not self._at(sign_in, Stage.FACTOR_PROVED):
            return False
        person_id = sign_in.person_id or ""
        self.memory.factors[person_id] = replace(self.memory.factors[person_id], recovery_codes=codes)
        return True

    def _at(self, sign_in: SignIn, stage: Stage) -> bool:
        kept = self.memory.sign_ins.get(sign_in.id)
        return kept is not None and kept.stage is stage

    def _proved(self, sign_in: SignIn) -> None:
        kept = self.memory.sign_ins[sign_in.id]
        self.memory.sign_ins[sign_in.id] = replace(kept, stage=Stage.FACTOR_PROVED, amr=sign_in.amr)


@dataclass
class FakeSender:
    """application.sign_in.ports.CodeSender in memory."""

    memory: Memory

    def send(self, mobile: Mobile, code: str, at: datetime) -> None:  # noqa: ARG002 - the port's
        self.memory.asked["CodeSender.send"] += 1
        self.memory.sent.append((mobile, code))


def _after(factors: Factors, used: Used) -> Factors | None:
    """The factors when this one is used; None when it was before."""
    if used.step is not None:
        totp = factors.totp
        return (
            replace(factors, totp=replace(totp, last_step=used.step)) if totp and totp.last_step < used.step else None
        )
    if used.passkey is not None:
        known, count = factors.passkey(used.passkey.id), used.passkey.sign_count
        if known is None or not (known.sign_count < count or known.sign_count == count == 0):
            return None
        others = [used.passkey if one.id == used.passkey.id else one for one in factors.passkeys]
        return replace(factors, passkeys=tuple(others))
    if used.recovery_code not in factors.recovery_codes:
        return None
    return replace(factors, recovery_codes=factors.recovery_codes - {used.recovery_code})
