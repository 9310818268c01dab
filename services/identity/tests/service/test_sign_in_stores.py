"""What signing in keeps: one suite for MongoDB and for the fakes of the unit level."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.support.sign_in_fakes import (
    FakeDevices,
    FakeFactorStore,
    FakeNumbers,
    FakePeople,
    FakeSentCodes,
    FakeSignIns,
    FakeUnitOfWork,
    Memory,
)

from identity.adapters.mongo_factors import MongoFactorStore
from identity.adapters.mongo_people import MongoPeople
from identity.adapters.mongo_sign_ins import MongoDevices, MongoNumbers, MongoSentCodes, MongoSignIns
from identity.adapters.unit_of_work import MongoUnitOfWork
from identity.application.factors.ports import FactorStore
from identity.application.people.ports import Numbers, People
from identity.application.sign_in.ports import (
    Completion,
    Completions,
    Devices,
    FactorChanges,
    SentCodes,
    SignIns,
    UsedBefore,
)
from identity.domain.factors.factors import MAX_PASSKEYS, MAX_TOTP_TRIES, Enrolled, Kind, Passkey, Totp, Used
from identity.domain.people.person import Person
from identity.domain.sign_in.sign_in import SignIn, Stage
from identity.domain.tokens.grants import AuthorizationCode, AuthorizationRequest
from servicekit.mongo import Mongo

# To come: by its own clock the database deletes what has ended.
NOON = datetime(2100, 11, 23, 6, 30, tzinfo=UTC)
DAY = 86_400
REQUEST = AuthorizationRequest(
    client_id="cli_app", redirect_uri="https://a.example/", scope="openid", state=None, nonce=None, code_challenge="c"
)
BEGUN = SignIn(id="s1", device_id="d1", request=REQUEST, expires_at=NOON + timedelta(minutes=15))
SENT = replace(
    BEGUN, stage=Stage.CODE_SENT, mobile_index="m1", mobile_shown="XXXXXX0001", code_hmac="h1",
    code_expires_at=NOON + timedelta(minutes=5),
)  # fmt: skip
PROVED = replace(
    SENT, stage=Stage.NUMBER_PROVED, person_id="per_1", challenge=b"c", totp_sealed=b"\x00t", factor_tries=0
)
AMR = ("sms", "otp", "mfa")
PERSON = Person(id="per_1", role="officer", created_at=NOON)
CODES = frozenset({"r1", "r2"})
FIRST = Enrolled(kind=Kind.TOTP, person_id="per_1", totp=Totp(sealed=b"\x00s", last_step=10), recovery_codes=CODES)


@dataclass(frozen=True)
class Stores:
    """The ports, over one memory or one database."""

    sign_ins: SignIns
    sent: SentCodes
    devices: Devices
    people: People
    numbers: Numbers
    factors: FactorStore
    completions: Completions
    changes: FactorChanges


@pytest.fixture(params=["mongo", "fake"])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "fake":
        memory = Memory()
        work = FakeUnitOfWork(memory)
        return Stores(
            FakeSignIns(memory), FakeSentCodes(memory), FakeDevices(memory), FakePeople(memory), FakeNumbers(memory),
            FakeFactorStore(memory), work, work,
        )  # fmt: skip
    mongo: Mongo = request.getfixturevalue("mongo")
    db, real = mongo.db, MongoUnitOfWork(mongo)
    return Stores(
        MongoSignIns(db), MongoSentCodes(db), MongoDevices(db), MongoPeople(db), MongoNumbers(db),
        MongoFactorStore(db), real, real,
    )  # fmt: skip


def completion(sign_in: SignIn, code: str = "c1", device: str = "d2", person: Person = PERSON) -> Completion:
    kept = AuthorizationCode(
        id=code, grant_id=f"gra_{code}", person_id=person.id, request=REQUEST, auth_time=NOON,
        expires_at=NOON + timedelta(minutes=1),
    )  # fmt: skip
    return Completion(
        sign_in=sign_in, person=person, code=kept, device_id=device, device_known_until=NOON + timedelta(days=1)
    )


def proved(stores: Stores, sign_in_id: str = "s1") -> SignIn:
    """A sign-in whose number is proved."""
    stores.sign_ins.add(replace(BEGUN, id=sign_in_id))
    stores.sign_ins.send(replace(SENT, id=sign_in_id))
    assert stores.sign_ins.prove_number(replace(PROVED, id=sign_in_id))
    return replace(PROVED, id=sign_in_id, amr=AMR)


def enrolled(stores: Stores) -> None:
    """per_1 has an app and two recovery codes."""
    assert stores.changes.enrol(proved(stores, "s0"), FIRST)


def used(step: int | None = None, passkey: Passkey | None = None, code: str | None = None) -> Used:
    kind = Kind.TOTP if step else Kind.PASSKEY if passkey else Kind.RECOVERY_CODE
    return Used(kind=kind, person_id="per_1", at=NOON, step=step, passkey=passkey, recovery_code=code)


def test_a_sign_in_comes_back_as_it_was_kept(stores: Stores) -> None:
    stores.sign_ins.add(BEGUN)
    assert stores.sign_ins.get("s1") == BEGUN
    assert stores.sign_ins.send(SENT)
    assert stores.sign_ins.get("s1") == SENT
    assert stores.sign_ins.prove_number(PROVED)
    assert stores.sign_ins.get("s1") == replace(PROVED, code_hmac=None)
    assert stores.sign_ins.get("s2") is None


def test_tries_are_counted_to_their_end(stores: Stores) -> None:
    stores.sign_ins.add(BEGUN)
    assert stores.sign_ins.count_try("s1", 2) is None
    stores.sign_ins.send(SENT)
    assert [tried and tried.tries for tried in (stores.sign_ins.count_try("s1", 2) for _ in range(3))] == [1, 2, None]
    assert stores.sign_ins.count_factor_try("s1", 2) is None
    stores.sign_ins.prove_number(PROVED)
    tries = [tried and tried.factor_tries for tried in (stores.sign_ins.count_factor_try("s1", 2) for _ in range(3))]
    assert tries == [1, 2, None]


def test_what_went_on_does_not_go_back(stores: Stores) -> None:
    stores.sign_ins.add(BEGUN)
    assert not stores.sign_ins.prove_number(PROVED)
    stores.sign_ins.send(SENT)
    assert not stores.sign_ins.prove_number(replace(PROVED, code_hmac="another"))
    assert stores.sign_ins.prove_number(PROVED)
    assert not stores.sign_ins.prove_number(PROVED)
    assert not stores.sign_ins.send(SENT)
    assert not stores.sign_ins.send(replace(SENT, id="unknown"))


def test_codes_are_counted_in_windows_that_begin_anew(stores: Stores) -> None:
    end = NOON + timedelta(seconds=DAY)
    windows = [stores.sent.record("k", at, DAY) for at in (NOON, NOON + timedelta(hours=1), end)]
    assert [(window.codes, window.ends_at) for window in windows] == [
        (1, end), (2, end), (1, end + timedelta(seconds=DAY))
    ]  # fmt: skip
    assert stores.sent.record("another", NOON, DAY).codes == 1


def test_a_number_is_one_persons_and_a_person_has_one(stores: Stores) -> None:
    assert stores.numbers.owner("m1") is None
    assert stores.numbers.give("m1", "XXXXXX0001", "per_1", NOON)
    assert stores.numbers.give("m1", "XXXXXX0001", "per_1", NOON)
    assert not stores.numbers.give("m1", "XXXXXX0001", "per_2", NOON)
    assert stores.numbers.give("m2", "XXXXXX0002", "per_1", NOON)
    assert [stores.numbers.owner(index) for index in ("m1", "m2")] == [None, "per_1"]


def test_who_has_a_number_is_found_by_it(stores: Stores) -> None:
    stores.people.put([PERSON])
    assert stores.people.of_mobile("m1") is None
    stores.numbers.give("m1", "XXXXXX0001", "per_1", NOON)
    assert stores.people.of_mobile("m1") == PERSON
    assert stores.people.of_kiosk("ksk_RJ10200001") == []


def test_who_chooses_goes_on_to_the_second_factor_or_ends(stores: Stores) -> None:
    for name in ("s1", "s2"):
        stores.sign_ins.add(replace(BEGUN, id=name))
        assert not stores.sign_ins.code_was_right(replace(SENT, id=name))
        stores.sign_ins.send(replace(SENT, id=name))
        assert not stores.sign_ins.code_was_right(replace(SENT, id=name, code_hmac="another"))
        assert stores.sign_ins.code_was_right(replace(SENT, id=name))
        assert not stores.sign_ins.code_was_right(replace(SENT, id=name))
        assert not stores.sign_ins.send(replace(SENT, id=name))
    assert stores.sign_ins.get("s1") == replace(SENT, stage=Stage.CHOOSING)
    assert stores.sign_ins.prove_number(replace(PROVED, right_id="rgt_1"))
    assert stores.sign_ins.get("s1") == replace(PROVED, right_id="rgt_1", code_hmac=None)
    assert not stores.completions.complete(completion(replace(SENT, stage=Stage.CHOOSING)))
    choosing = replace(SENT, id="s2", stage=Stage.CHOOSING)
    assert not stores.completions.complete(completion(replace(choosing, code_hmac="another")))
    assert stores.completions.complete(completion(choosing))


def test_people_keep_their_first_instant(stores: Stores) -> None:
    stores.people.put([PERSON])
    stores.people.put([replace(PERSON, role="auditor", created_at=NOON + timedelta(days=1))])
    assert stores.people.get("per_1") == replace(PERSON, role="auditor")
    assert [stores.people.known(person_id) for person_id in ("per_1", "per_2")] == [True, False]


def test_a_right_code_ends_a_sign_in_once_and_the_browser_is_known(stores: Stores) -> None:
    stores.sign_ins.add(BEGUN)
    stores.sign_ins.send(SENT)
    assert not stores.completions.complete(completion(replace(SENT, code_hmac="another")))
    assert stores.completions.complete(completion(SENT))
    assert not stores.completions.complete(completion(SENT, "c2"))
    assert stores.numbers.owner("m1") == "per_1"
    assert stores.people.known("per_1")
    assert stores.devices.knows("d2", "m1", NOON)
    assert not stores.devices.knows("d2", "m2", NOON)
    assert not stores.devices.knows("d2", "m1", NOON + timedelta(days=1))
    done = stores.sign_ins.get("s1")
    assert done is not None
    assert (done.stage, done.code_hmac, done.mobile_index) == (Stage.DONE, None, None)


def test_with_a_second_factor_it_ends_from_there_alone(stores: Stores) -> None:
    enrolled(stores)
    sign_in = proved(stores)
    at_factor = replace(sign_in, stage=Stage.FACTOR_PROVED)
    assert not stores.completions.complete(completion(at_factor))
    assert stores.changes.prove(sign_in, used(step=11))
    assert stores.completions.complete(completion(at_factor))
    assert not stores.completions.complete(completion(at_factor, "c2", "d3"))
    # Whose number it is was known before.
    assert stores.numbers.owner("m1") is None


def test_what_is_enrolled_comes_back(stores: Stores) -> None:
    assert stores.factors.of("per_1") is None
    enrolled(stores)
    first = stores.factors.of("per_1")
    assert first is not None
    assert (first.totp, first.passkeys, first.recovery_codes) == (FIRST.totp, (), CODES)
    sign_in = stores.sign_ins.get("s0")
    assert sign_in is not None
    assert (sign_in.stage, sign_in.amr) == (Stage.FACTOR_PROVED, AMR)


def test_a_first_factor_is_given_once(stores: Stores) -> None:
    enrolled(stores)
    other = replace(FIRST, totp=Totp(sealed=b"other", last_step=0))
    assert not stores.changes.enrol(proved(stores), other)
    kept = stores.factors.of("per_1")
    assert kept is not None
    assert kept.totp == FIRST.totp
    sign_in = stores.sign_ins.get("s1")
    assert sign_in is not None
    assert sign_in.stage is Stage.NUMBER_PROVED


def test_more_factors_stand_beside_the_first_and_keep_its_recovery_codes(stores: Stores) -> None:
    enrolled(stores)
    sign_in = replace(PROVED, id="s0", stage=Stage.FACTOR_PROVED, amr=AMR)
    keys = [Passkey(id=bytes([n]), public_key=b"k", sign_count=0) for n in range(MAX_PASSKEYS + 1)]
    for key in keys:
        assert stores.changes.enrol(sign_in, Enrolled(kind=Kind.PASSKEY, person_id="per_1", passkey=key))
    app = Totp(sealed=b"new", last_step=3)
    assert stores.changes.enrol(sign_in, Enrolled(kind=Kind.TOTP, person_id="per_1", totp=app))
    kept = stores.factors.of("per_1")
    assert kept is not None
    assert (kept.totp, kept.passkeys, kept.recovery_codes) == (app, tuple(keys[1:]), CODES)


def test_a_step_counts_once_and_only_forward(stores: Stores) -> None:
    enrolled(stores)
    for step in (9, 10):
        with pytest.raises(UsedBefore):
            stores.changes.prove(proved(stores, f"s{step}"), used(step=step))
    assert stores.changes.prove(proved(stores, "s11"), used(step=11))
    with pytest.raises(UsedBefore):
        stores.changes.prove(proved(stores, "s12"), used(step=11))
    kept = stores.sign_ins.get("s12")
    assert kept is not None
    assert kept.stage is Stage.NUMBER_PROVED


def test_a_recovery_code_counts_once(stores: Stores) -> None:
    enrolled(stores)
    assert stores.changes.prove(proved(stores), used(code="r1"))
    with pytest.raises(UsedBefore):
        stores.changes.prove(proved(stores, "s2"), used(code="r1"))
    with pytest.raises(UsedBefore):
        stores.changes.prove(proved(stores, "s3"), used(code="r3"))


@pytest.mark.parametrize(
    ("before", "after", "counts"), [(0, 0, True), (0, 1, True), (5, 6, True), (5, 5, False), (5, 0, False)]
)
def test_a_passkey_that_counts_counts_upwards(stores: Stores, before: int, after: int, counts: bool) -> None:
    key = Passkey(id=b"k", public_key=b"p", sign_count=before)
    first = Enrolled(kind=Kind.PASSKEY, person_id="per_1", passkey=key, recovery_codes=CODES)
    assert stores.changes.enrol(proved(stores, "s0"), first)
    now = used(passkey=replace(key, sign_count=after))
    if counts:
        assert stores.changes.prove(proved(stores), now)
        kept = stores.factors.of("per_1")
        assert kept is not None
        assert kept.passkeys[0].sign_count == after
    else:
        with pytest.raises(UsedBefore):
            stores.changes.prove(proved(stores), now)


def test_recovery_codes_are_renewed_after_a_proof_alone(stores: Stores) -> None:
    enrolled(stores)
    new = frozenset({"n1"})
    assert not stores.changes.renew_recovery_codes(proved(stores), new)
    assert stores.changes.renew_recovery_codes(replace(PROVED, id="s0"), new)
    kept = stores.factors.of("per_1")
    assert kept is not None
    assert kept.recovery_codes == new


def test_codes_of_the_app_lock_for_a_day_and_a_right_one_sets_the_count_back(stores: Stores) -> None:
    assert stores.factors.count_totp_try("per_1", NOON) is None
    enrolled(stores)
    assert [stores.factors.count_totp_try("per_1", NOON) for _ in range(MAX_TOTP_TRIES)] == [None] * MAX_TOTP_TRIES
    tomorrow = NOON + timedelta(days=1)
    assert stores.factors.count_totp_try("per_1", NOON + timedelta(hours=1)) == tomorrow
    assert stores.factors.count_totp_try("per_1", tomorrow) is None
    for _ in range(MAX_TOTP_TRIES - 1):
        stores.factors.count_totp_try("per_1", tomorrow)
    stores.changes.prove(proved(stores), used(step=11))
    assert stores.factors.count_totp_try("per_1", tomorrow) is None


def test_of_many_at_once_one_uses_a_step(mongo: Mongo) -> None:
    real = MongoUnitOfWork(mongo)
    db = mongo.db
    stores = Stores(
        MongoSignIns(db), MongoSentCodes(db), MongoDevices(db), MongoPeople(db), MongoNumbers(db),
        MongoFactorStore(db), real, real,
    )  # fmt: skip
    enrolled(stores)
    sign_ins = [proved(stores, f"many{n}") for n in range(8)]

    def outcome(sign_in: SignIn) -> bool:
        try:
            return stores.changes.prove(sign_in, used(step=11))
        except UsedBefore:
            return False

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(outcome, sign_ins)) == [False] * 7 + [True]
