"""Prove a second factor: a code of the app, a passkey or a recovery code, each good once."""

import math
from dataclasses import dataclass, field, replace
from datetime import datetime

from identity.application.factors.ports import FactorStore, NotProved, Passkeys
from identity.application.factors.secret_box import SecretBox
from identity.application.factors.totp import step_of
from identity.application.sign_in.errors import AppCodesLocked, TooManyFactorTries, WrongFactor, over
from identity.application.sign_in.ports import FactorChanges, SignIns, UsedBefore
from identity.application.sign_in.read_sign_in import SignInReader
from identity.domain.factors.factors import MAX_FACTOR_TRIES, Factors, Kind, Used, methods, stored_recovery_code
from identity.domain.sign_in.sign_in import SignIn, Stage, read_code
from servicekit.faults import crash_point


@dataclass(frozen=True, kw_only=True)
class ProveFactor:
    """`typed` is the code of the app or the recovery code, `credential` the authenticator's answer as JSON text."""

    ticket: str = field(repr=False)
    device: str = field(repr=False)
    kind: Kind
    typed: str = field(repr=False)
    credential: str = field(repr=False)
    at: datetime


@dataclass(frozen=True, kw_only=True)
class ProveFactorHandler:
    """A try is counted before it is looked at, so that many at once are counted too.

    Only who has the phone comes here, so no stranger locks anybody out; and what is locked is what can be guessed, the
    codes of the app: passkeys and recovery codes lead past it.
    """

    sign_ins: SignIns
    factors: FactorStore
    changes: FactorChanges
    passkeys: Passkeys | None
    box: SecretBox

    def __call__(self, command: ProveFactor) -> SignIn:
        """The sign-in at the stage FACTOR_PROVED; a repeat after that changes nothing.

        Raises SignInOver, WrongFactor, TooManyFactorTries, AppCodesLocked.
        """
        sign_in = SignInReader(sign_ins=self.sign_ins).of(command.ticket, command.device, command.at)
        if sign_in.stage is Stage.FACTOR_PROVED:
            return sign_in
        tried = count_try(self.sign_ins, sign_in)
        factors = self.factors.of(tried.person_id or "")
        used = self._used(command, tried, factors) if factors else None
        if used is None:
            raise wrong(tried)
        proved = replace(tried, stage=Stage.FACTOR_PROVED, amr=methods(command.kind))
        try:
            if not self.changes.prove(proved, used):
                raise over()
        except UsedBefore as error:
            raise wrong(tried) from error
        crash_point("P2")
        return proved

    def _used(self, command: ProveFactor, sign_in: SignIn, factors: Factors) -> Used | None:
        if command.kind is Kind.TOTP:
            step = self._step(command, factors)
            if step is None:
                return None
            return Used(kind=command.kind, person_id=factors.person_id, at=command.at, step=step)
        if command.kind is Kind.RECOVERY_CODE:
            code = stored_recovery_code(command.typed)
            right = code in factors.recovery_codes
            return (
                Used(kind=command.kind, person_id=factors.person_id, at=command.at, recovery_code=code)
                if right
                else None
            )
        return self._passkey(command, sign_in, factors)

    def _step(self, command: ProveFactor, factors: Factors) -> int | None:
        if factors.totp is None:
            return None
        locked_until = self.factors.count_totp_try(factors.person_id, command.at)
        if locked_until is not None:
            raise _locked(locked_until, command.at)
        secret = self.box.open(factors.totp.sealed, factors.person_id)
        step = step_of(secret, read_code(command.typed), command.at)
        return step if step is not None and step > factors.totp.last_step else None

    def _passkey(self, command: ProveFactor, sign_in: SignIn, factors: Factors) -> Used | None:
        if self.passkeys is None or sign_in.challenge is None:
            return None
        try:
            passkey = factors.passkey(self.passkeys.id_of(command.credential))
            if passkey is None:
                return None
            after = self.passkeys.used(command.credential, sign_in.challenge, passkey)
        except NotProved:
            return None
        return Used(kind=command.kind, person_id=factors.person_id, at=command.at, passkey=after)


def count_try(sign_ins: SignIns, sign_in: SignIn) -> SignIn:
    """One more try at the second step. Raises SignInOver where the number is not proved, TooManyFactorTries."""
    if sign_in.stage not in (Stage.NUMBER_PROVED, Stage.FACTOR_PROVED):
        raise over()
    tried = sign_ins.count_factor_try(sign_in.id, MAX_FACTOR_TRIES)
    if tried is None:
        raise TooManyFactorTries(
            "The second step was tried five times, so this sign-in is over. Go back to the app and begin again at "
            "once; a recovery code works too. Who has neither app, passkey nor recovery code goes to a centre.",
            "दूसरे चरण के पाँच प्रयास हो चुके, इसलिए यह साइन-इन समाप्त है। ऐप पर वापस जाएँ और तुरंत फिर से शुरू करें; रिकवरी कोड भी "
            "चलेगा। जिसके पास न ऐप, न पासकी, न रिकवरी कोड हो, वह केंद्र पर जाए।",
        )
    return tried


def wrong(tried: SignIn) -> WrongFactor:
    """With the tries that are left."""
    left = MAX_FACTOR_TRIES - (tried.factor_tries or 0)
    return WrongFactor(
        f"It is wrong, too old, or was used before; a code of the app counts once. Tries left: {left}.",
        f"यह ग़लत है, बहुत पुराना है, या पहले उपयोग हो चुका है; ऐप का कोड एक ही बार चलता है। बचे हुए प्रयास: {left}।",
    )


def _locked(until: datetime, at: datetime) -> AppCodesLocked:
    wait = max(1, math.ceil((until - at).total_seconds()))
    hours = -(-wait // 3600)
    return AppCodesLocked(
        f"Ten codes of the app were wrong within a day, so its codes do not count. It ends within {hours} hours. Until "
        "then use a passkey or a recovery code, or go to a centre.",
        f"एक दिन में ऐप के दस कोड ग़लत लिखे गए, इसलिए उसके कोड अभी मान्य नहीं हैं। यह रोक {hours} घंटे में समाप्त होगी। तब तक पासकी "
        "या रिकवरी कोड का उपयोग करें, या केंद्र पर जाएँ।",
        retry_after_seconds=wait,
    )
