"""One suite for both stores of files: MongoDB's GridFS, and a store that speaks S3."""

from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer
from tests.support.world import World

from certificates.adapters.attachments.grid_store import BUCKET, GridStore
from certificates.adapters.attachments.s3_store import S3Store
from certificates.application.attachments.ports import ContentStore, NoSuchContent
from servicekit.errors import DependencyUnavailable

FILE = bytes(range(256)) * 4096  # a mebibyte: several chunks of GridFS


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    client = boto3.client(
        "s3", endpoint_url=address, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    client.create_bucket(Bucket="papers")
    yield f"{address}/papers"
    server.stop()


@pytest.fixture(params=["grid", "s3"])
def store(request: pytest.FixtureRequest) -> ContentStore:
    if request.param == "s3":
        return S3Store(request.getfixturevalue("s3"), "a", "b")
    world: World = request.getfixturevalue("world")
    return GridStore(world.mongo.db)


def test_what_is_put_is_there_until_it_is_deleted(store: ContentStore) -> None:
    store.put("att_1", FILE)
    store.put("att_2", b"another")
    assert (store.get("att_1"), store.get("att_2")) == (FILE, b"another")

    store.delete("att_1")

    with pytest.raises(NoSuchContent):
        store.get("att_1")
    assert store.get("att_2") == b"another"
    store.delete("att_2")


def test_putting_again_replaces(store: ContentStore) -> None:
    store.put("att_3", FILE)
    store.put("att_3", b"short")
    assert store.get("att_3") == b"short"


def test_deleting_what_is_not_there_is_no_error(store: ContentStore) -> None:
    store.delete("att_4")


def test_a_file_that_somebody_who_died_left_half_written_is_replaced(world: World) -> None:
    store = GridStore(world.mongo.db)
    world.mongo.db[f"{BUCKET}.chunks"].insert_one({"files_id": "att_5", "n": 0, "data": b"half"})

    store.put("att_5", FILE)

    assert store.get("att_5") == FILE
    store.delete("att_5")
    assert world.mongo.db[f"{BUCKET}.chunks"].count_documents({"files_id": "att_5"}) == 0


def test_a_store_that_does_not_answer_is_told_and_not_waited_for() -> None:
    store = S3Store("http://127.0.0.1:9/papers", "a", "b")
    with pytest.raises(DependencyUnavailable):
        store.put("att_6", b"x")
    with pytest.raises(DependencyUnavailable):
        store.get("att_6")
    with pytest.raises(DependencyUnavailable):
        store.delete("att_6")
