"""FastStream on aio-pika: `publish-each N` awaits each confirm, `consume N` runs a handler that does nothing."""

import asyncio
import json
import sys
import time
from typing import Any

from faststream.rabbit import Channel, QueueType, RabbitBroker, RabbitQueue

from tests.load.peers.task import AMQP_URL, BODY, QUEUE

PREFETCH = 256

broker = RabbitBroker(AMQP_URL, default_channel=Channel(prefetch_count=PREFETCH), logger=None)
queue = RabbitQueue(QUEUE, queue_type=QueueType.QUORUM, durable=True)


async def publish_each(count: int) -> float:
    async with broker:
        began = time.perf_counter()
        for _ in range(count):
            await broker.publish(BODY, queue=queue, persist=True, mandatory=True)
        return time.perf_counter() - began


async def consume(count: int) -> float:
    taken, began, done = 0, 0.0, asyncio.Event()

    @broker.subscriber(queue)
    async def handle(_message: Any) -> None:
        nonlocal taken, began
        began = began or time.perf_counter()
        taken += 1
        if taken == count:
            done.set()

    async with broker:
        await broker.start()
        await done.wait()
        return time.perf_counter() - began


if __name__ == "__main__":
    way, number = sys.argv[1], int(sys.argv[2])
    took = asyncio.run({"publish-each": publish_each, "consume": consume}[way](number))
    print(json.dumps({"per_second": number / took}))
