"""Read the money timeline of a payment: one chain, the same for everybody, of which each sees what is theirs to see."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from billing.application.centres.ports import Centres
from billing.application.payments.errors import PaymentNotFound
from billing.application.payments.ports import Payments
from billing.application.refunds.ports import Refunds
from billing.application.refunds.read_refunds import belonging_of
from billing.application.timeline.errors import TimelineChanged
from billing.application.timeline.ports import Chains, Entries, Seal, SettledActs
from billing.domain.payments.payment import Payment
from billing.domain.tariff.billers import Biller
from billing.domain.timeline.chain import Chain, ChainBroken, instant_text
from billing.domain.timeline.hops import Hop, hops_of
from servicekit.access import Reach
from servicekit.errors import DependencyUnavailable

# Each try that is lost means that another reader told more meanwhile.
MOST_TRIES = 20
# Of a biller that is no longer paid here nobody knows the department: no officer sees those payments.
_WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Viewer:
    """Who looks. `lsp_id` is the provider whose person it is, which sees the payments of its centres."""

    reach: Reach
    lsp_id: str | None = None


@dataclass(frozen=True)
class Timeline:
    """What is told: the hops in the chain's order, each with its link. `seal` is the JWS of `head`."""

    payment: Payment
    chain: Chain
    hops: tuple[Hop, ...]
    seal: str


@dataclass(frozen=True)
class TimelineReader:
    """Tells timelines."""

    payments: Payments
    entries: Entries
    refunds: Refunds
    settlements: SettledActs
    centres: Centres
    billers: Mapping[str, Biller]
    chains: Chains
    seal: Seal

    def of(self, payment_id: str, viewer: Viewer, at: datetime) -> Timeline:
        """Raises PaymentNotFound for a payment that the viewer may not see, and TimelineChanged."""
        payment = self.payments.get(payment_id)
        if payment is None or not self._sees(viewer, payment):
            raise PaymentNotFound("There is no payment with this id.")
        chain, hops = self._told(payment_id)
        by_id = {hop.hop_id: hop for hop in hops}
        seal = self.seal.sign(
            "timeline",
            {
                "payment_id": payment_id,
                "hops": len(chain.links),
                "head": chain.head,
                "signed_at": instant_text(at),
            },
        )
        return Timeline(payment, chain, tuple(by_id[link.hop_id] for link in chain.links), seal)

    def _told(self, payment_id: str) -> tuple[Chain, list[Hop]]:
        for _ in range(MOST_TRIES):
            # The chain first: what is read after it has at least what was told.
            before = self.chains.of(payment_id)
            payment = self.payments.get(payment_id)
            if payment is None:
                raise PaymentNotFound("There is no payment with this id.")
            hops = hops_of(
                payment,
                self.entries.entries_of(payment_id),
                self.refunds.of_payment(payment_id),
                self.settlements.settled_of(payment_id),
            )
            try:
                after = before.extended(hops)
            except ChainBroken as error:
                raise TimelineChanged(
                    "The record differs from what was told before; the state administration has to look into it.",
                    hops=str(error).split(", "),
                ) from error
            if self.chains.keep(before, after):
                return after, hops
        raise DependencyUnavailable("The timeline is being told to too many at once; ask again.")

    def _sees(self, viewer: Viewer, payment: Payment) -> bool:
        if viewer.lsp_id:
            centre = self.centres.get(payment.kiosk_id) if payment.kiosk_id else None
            return centre is not None and centre.lsp_id == viewer.lsp_id
        biller = self.billers.get(payment.biller_id)
        return viewer.reach.covers(belonging_of(payment, biller.department if biller else _WITHDRAWN))
