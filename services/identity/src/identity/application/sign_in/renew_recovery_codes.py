"""Give somebody ten new recovery codes in the place of those that they have."""

from dataclasses import dataclass, field
from datetime import datetime

from identity.application.sign_in.errors import over
from identity.application.sign_in.ports import FactorChanges, SignIns
from identity.application.sign_in.read_sign_in import SignInReader
from identity.domain.factors.factors import stored_recovery_code
from identity.domain.sign_in.sign_in import SignIn


@dataclass(frozen=True, kw_only=True)
class RenewRecoveryCodes:
    """`recovery_codes` are minted by the caller."""

    ticket: str = field(repr=False)
    device: str = field(repr=False)
    recovery_codes: tuple[str, ...] = field(repr=False)
    at: datetime


@dataclass(frozen=True, kw_only=True)
class RenewRecoveryCodesHandler:
    """For who has proved a second factor in this sign-in."""

    sign_ins: SignIns
    changes: FactorChanges

    def __call__(self, command: RenewRecoveryCodes) -> SignIn:
        """The sign-in, as it is; these ten are to be shown, once. A repeat ends the ones before. Raises SignInOver."""
        sign_in = SignInReader(sign_ins=self.sign_ins).of(command.ticket, command.device, command.at)
        codes = frozenset(stored_recovery_code(code) for code in command.recovery_codes)
        if not self.changes.renew_recovery_codes(sign_in, codes):
            raise over()
        return sign_in
