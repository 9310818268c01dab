"""Each operation in each role, on the real application: as its document says and not otherwise."""

from flask.testing import FlaskClient

from identity.adapters.mongo_people import MongoPeople
from identity.domain.people.person import Person
from identity.entrypoints.service import SERVICE
from servicekit.instants import utc_now
from servicekit.mongo import Mongo
from servicekit.testing.roles import PEOPLE, misjudged


def test_each_operation_lets_in_the_roles_that_it_names_and_nobody_else(
    client: FlaskClient, shared_mongo: Mongo
) -> None:
    # Whom a token names is somebody: of nobody there is nothing to look at.
    known = [Person(id=person.id, role=person.role, created_at=utc_now()) for person in PEOPLE.values()]
    MongoPeople(shared_mongo.db).put(known)
    assert misjudged(SERVICE, client) == []
