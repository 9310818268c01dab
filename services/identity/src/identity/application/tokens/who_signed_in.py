"""Who a grant is of, and the right that they act by, while it is in force."""

from datetime import datetime

from identity.application.centres.ports import Centres
from identity.application.centres.standing import barred_centre
from identity.application.tokens.errors import ONE_FACTOR_MORE, InvalidGrant
from identity.domain.people.person import Person
from identity.domain.tokens.access_token import SignedIn
from identity.domain.tokens.grants import Grant, proves_enough


def is_right_in_force(person: Person, right_id: str | None, centres: Centres, at: datetime) -> bool:
    """Whether the person may act so; everybody may as a citizen (None)."""
    if right_id is None:
        return True
    right = person.right(right_id)
    return right is not None and right.is_in_force(at) and barred_centre(centres, right.kiosk_id, at) is None


def who_signed_in(grant: Grant, person: Person, centres: Centres, at: datetime) -> SignedIn:
    """What a token says of them.

    Raises InvalidGrant while the right or its centre is suspended and after it ended. Nobody falls back to what they
    did not choose: an app for operators is no use to a citizen. Nothing is revoked, so that who is reinstated goes on.
    Raises it too where the right wants a second factor and the sign-in, one from before that was so, had none.
    """
    if not is_right_in_force(person, grant.right_id, centres, at):
        raise InvalidGrant(
            "The right that this person signed in with has ended or is suspended; have the person sign in again."
        )
    right = person.right(grant.right_id) if grant.right_id else None
    if not proves_enough(right, grant):
        raise InvalidGrant(ONE_FACTOR_MORE)
    return SignedIn(person=person, right=right, grant=grant)
