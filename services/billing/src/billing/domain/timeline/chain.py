"""The chain of hops: each link's digest covers its record and the digest before, so that none can be changed unseen.

A record is the text that is hashed. What not everybody may see of a hop is in it as a digest alone, with a salt of its
own; so the chain is the same for everybody, and whoever is shown the rest can check it.
"""

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from billing.domain.timeline.hops import Hop

# The version of the form of records: a record is made once and kept, so another form is told apart by it.
FORM = 1


class ChainBroken(Exception):
    """What is recorded now is not what was in the chain. Names the hops."""


@dataclass(frozen=True)
class Link:
    """One hop in the chain. `record` is JSON; `digest` is the hexadecimal SHA-256 of the digest before, a line end and
    `record`, in UTF-8."""

    hop_id: str
    record: str
    digest: str


@dataclass(frozen=True)
class Chain:
    """The hops of a payment that were told so far, in the order in which they were first told.

    Before the first link comes the payment's id. `salt` is 32 random hexadecimal digits, which nobody is shown.
    """

    payment_id: str
    salt: str
    links: tuple[Link, ...] = ()

    @property
    def head(self) -> str:
        """The last digest; it stands for all hops so far."""
        return self.links[-1].digest if self.links else self.payment_id

    def extended(self, hops: Sequence[Hop]) -> "Chain":
        """The chain with the hops that are not in it yet. Raises ChainBroken if one that is in it has changed or gone.

        One more that happened earlier than some in the chain comes after them: what was told stays as it was told.
        """
        records = {hop.hop_id: self._record(hop) for hop in hops}
        known = {link.hop_id for link in self.links}
        digest, changed = self.payment_id, []
        for link in self.links:
            digest = digest_of(digest, link.record)
            if records.get(link.hop_id) != link.record or digest != link.digest:
                changed.append(link.hop_id)
        if changed:
            raise ChainBroken(", ".join(changed))
        chain = self
        for hop in hops:
            if hop.hop_id not in known:
                record = records[hop.hop_id]
                link = Link(hop.hop_id, record, digest_of(chain.head, record))
                chain = replace(chain, links=(*chain.links, link))
        return chain

    def salt_of(self, hop_id: str) -> str:
        """What the legs of this hop are hashed with: 32 hexadecimal digits that tell nothing of another hop's."""
        return hmac.new(bytes.fromhex(self.salt), hop_id.encode(), hashlib.sha256).hexdigest()[:32]

    def _record(self, hop: Hop) -> str:
        members: dict[str, str | int] = {
            "form": FORM,
            "hop": hop.hop_id,
            "at": instant_text(hop.at),
            "kind": hop.kind.value,
            "name": hop.name,
            **hop.facts,
        }
        if hop.legs:
            members["legs_sha256"] = digest_of(self.salt_of(hop.hop_id), legs_text(hop))
        return json.dumps(members, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest_of(before: str, text: str) -> str:
    """The hexadecimal SHA-256 of two texts with a line end between them, in UTF-8."""
    return hashlib.sha256(f"{before}\n{text}".encode()).hexdigest()


def legs_text(hop: Hop) -> str:
    """The legs of a hop as the JSON text that is hashed."""
    legs = [{"account": leg.account, "paise": leg.paise} for leg in hop.legs]
    return json.dumps(legs, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def instant_text(at: datetime) -> str:
    """An instant in UTC to the millisecond, as it is stored."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
