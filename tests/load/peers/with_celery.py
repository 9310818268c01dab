"""Celery on py-amqp: `publish-each N` calls `delay` as it comes (no confirms), `publish-confirmed N` waits for each
confirm, `consume N` runs an empty task."""

import json
import os
import sys
import time

from celery import Celery

from tests.load.peers.task import AMQP_URL, DATA, QUEUE

app = Celery("peer", broker=AMQP_URL)
app.conf.update(
    task_default_queue=QUEUE,
    task_default_queue_type="quorum",
    task_ignore_result=True,
    worker_prefetch_multiplier=256,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    broker_connection_retry_on_startup=True,
)
taken = 0
began = 0.0


@app.task(name="peer.nothing")
def nothing(_data: object) -> None:
    global taken, began  # noqa: PLW0603 one process, one counter
    began = began or time.perf_counter()
    taken += 1
    if taken == number:
        print(json.dumps({"per_second": number / (time.perf_counter() - began)}), flush=True)
        os._exit(0)  # A worker has no gentler way to end from inside a task.


if __name__ == "__main__":
    way, number = sys.argv[1], int(sys.argv[2])
    app.conf.broker_transport_options = {"confirm_publish": way == "publish-confirmed"}
    if way.startswith("publish"):
        start = time.perf_counter()
        for _ in range(number):
            nothing.delay(DATA)
        print(json.dumps({"per_second": number / (time.perf_counter() - start)}))
    else:
        app.worker_main(["worker", "--pool=solo", "--loglevel=error", "--without-gossip", "--without-mingle"])
