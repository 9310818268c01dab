"""Enrol a second factor: an authenticator app or a passkey; the first one comes with ten recovery codes."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from identity.application.factors.ports import NotProved, Passkeys
from identity.application.factors.secret_box import SecretBox
from identity.application.factors.totp import step_of
from identity.application.sign_in.errors import over
from identity.application.sign_in.ports import FactorChanges, SignIns
from identity.application.sign_in.prove_factor import count_try, wrong
from identity.application.sign_in.read_sign_in import SignInReader
from identity.domain.factors.factors import Enrolled, Kind, Totp, methods, stored_recovery_code
from identity.domain.sign_in.sign_in import SignIn, Stage, read_code


@dataclass(frozen=True, kw_only=True)
class EnrolFactor:
    """`typed` is the new app's first code, `credential` the authenticator's answer; `recovery_codes` are minted by the
    caller."""

    ticket: str = field(repr=False)
    device: str = field(repr=False)
    kind: Kind
    typed: str = field(repr=False)
    credential: str = field(repr=False)
    recovery_codes: tuple[str, ...] = field(repr=False)
    at: datetime


@dataclass(frozen=True)
class Enrolment:
    """The sign-in at the stage FACTOR_PROVED; with a person's first factor the recovery codes count, and are to be
    shown, once."""

    sign_in: SignIn
    is_first: bool


@dataclass(frozen=True, kw_only=True)
class EnrolFactorHandler:
    """Only who has no factor yet enrols with the phone alone; anybody else proves one first."""

    sign_ins: SignIns
    changes: FactorChanges
    passkeys: Passkeys | None
    box: SecretBox

    def __call__(self, command: EnrolFactor) -> Enrolment:
        """The sign-in, one step further. Raises SignInOver, WrongFactor, TooManyFactorTries."""
        sign_in = SignInReader(sign_ins=self.sign_ins).of(command.ticket, command.device, command.at)
        tried = count_try(self.sign_ins, sign_in)
        first = tried.stage is Stage.NUMBER_PROVED
        enrolled = self._enrolled(command, tried)
        if enrolled is None:
            raise wrong(tried)
        if first:
            codes = frozenset(stored_recovery_code(code) for code in command.recovery_codes)
            enrolled = replace(enrolled, recovery_codes=codes)
        if not self.changes.enrol(replace(tried, amr=methods(command.kind)), enrolled):
            raise over()
        return Enrolment(replace(tried, stage=Stage.FACTOR_PROVED, amr=methods(command.kind)), first)

    def _enrolled(self, command: EnrolFactor, sign_in: SignIn) -> Enrolled | None:
        person_id = sign_in.person_id or ""
        if command.kind is Kind.TOTP and sign_in.totp_sealed is not None:
            secret = self.box.open(sign_in.totp_sealed, sign_in.id)
            step = step_of(secret, read_code(command.typed), command.at)
            totp = step and Totp(sealed=self.box.seal(secret, person_id), last_step=step)
            return Enrolled(kind=command.kind, person_id=person_id, totp=totp) if totp else None
        if command.kind is Kind.PASSKEY and self.passkeys is not None and sign_in.challenge is not None:
            try:
                passkey = self.passkeys.created(command.credential, sign_in.challenge)
            except NotProved:
                return None
            return Enrolled(kind=command.kind, person_id=person_id, passkey=passkey)
        return None
