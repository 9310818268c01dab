"""Every event that identity publishes is what the contract says, whatever happened."""

from datetime import timedelta

from flask.testing import FlaskClient
from tests.support.privacy import somebody
from tests.support.signing_in import Browser

from emitra_contracts import validate_produced
from identity.adapters.events import GRANT_REVOKED
from identity.adapters.privacy_events import CONSENT_WITHDRAWN, ERASURE_COMPLETED, ERASURE_REQUESTED
from identity.application.privacy.run_erasures import RunErasures
from identity.bootstrap import Identity
from servicekit.instants import utc_now
from servicekit.mongo import Mongo
from servicekit.testing import published


def test_every_event_that_leaves_fits_its_contract(
    client: FlaskClient, browser: Browser, identity: Identity, shared_mongo: Mongo
) -> None:
    person = somebody(client, browser)
    person.agreed("messages", "sign-in")
    receipt = person.agreed("messages")
    person.call("POST", f"/v1/consents/{receipt['consent_id']}/withdrawals")
    person.asks_to_be_erased()
    identity.privacy.run_erasures(RunErasures(utc_now() + timedelta(days=3)))
    own = [envelope for envelope in published(shared_mongo) if envelope["data"].get("person_id") == person.person_id]
    for envelope in own:
        validate_produced(envelope)
        assert person.mobile not in str(envelope)
    assert {envelope["type"].removeprefix("org.emitra.") for envelope in own} == {
        CONSENT_WITHDRAWN, ERASURE_REQUESTED, ERASURE_COMPLETED, GRANT_REVOKED,
    }  # fmt: skip
