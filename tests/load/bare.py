"""The floor: a Flask endpoint that writes four documents in one transaction and does nothing else.

Run by the benchmark under gunicorn, two processes of eight threads, on the same database server as the platform.
"""

import os
from typing import Any

import pymongo
from flask import Flask, request
from pymongo.client_session import ClientSession
from pymongo.write_concern import WriteConcern


def make_app() -> Flask:
    """Called in each gunicorn worker, after fork."""
    app = Flask(__name__)
    client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(os.environ["MONGODB_URI"])
    db = client[os.environ["MONGODB_DATABASE"]]

    @app.post("/v1/bare")
    def bare() -> tuple[dict[str, Any], int]:
        body = request.get_json()

        def write(session: ClientSession) -> None:
            for collection in ("one", "two", "three", "four"):
                db[collection].insert_one({"body": body}, session=session)

        with client.start_session() as session:
            session.with_transaction(write, write_concern=WriteConcern("majority", j=True))
        return {"done": True}, 201

    return app
