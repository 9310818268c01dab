"""pika alone: `publish-each N` waits for each confirm, `publish N` has 256 in flight, `consume N` acknowledges each."""

import json
import sys
import time
from collections import deque
from typing import Any

import pika
from pika.adapters.select_connection import SelectConnection

from tests.load.peers.task import AMQP_URL, BODY, QUEUE

IN_FLIGHT = 256
PROPERTIES = pika.BasicProperties(delivery_mode=2, content_type="application/json")


def publish_each(count: int) -> float:
    with pika.BlockingConnection(pika.URLParameters(AMQP_URL)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        began = time.perf_counter()
        for _ in range(count):
            channel.basic_publish("", QUEUE, BODY, PROPERTIES, mandatory=True)
        return time.perf_counter() - began


def publish(count: int) -> float:
    waiting = deque([BODY] * count)
    confirmed = sent = 0
    began = 0.0

    def pump(channel: Any) -> None:
        nonlocal sent
        while waiting and sent - confirmed < IN_FLIGHT:
            channel.basic_publish("", QUEUE, waiting.popleft(), PROPERTIES, mandatory=True)
            sent += 1

    def on_confirm(channel: Any, frame: Any) -> None:
        nonlocal confirmed
        confirmed = frame.method.delivery_tag if frame.method.multiple else confirmed + 1
        if confirmed >= count:
            connection.close()
        else:
            pump(channel)

    def on_channel(channel: Any) -> None:
        nonlocal began
        channel.confirm_delivery(lambda frame: on_confirm(channel, frame))
        began = time.perf_counter()
        pump(channel)

    connection = SelectConnection(
        pika.URLParameters(AMQP_URL),
        on_open_callback=lambda opened: opened.channel(on_open_callback=on_channel),
        on_close_callback=lambda closed, _reason: closed.ioloop.stop(),
    )
    connection.ioloop.start()
    return time.perf_counter() - began


def consume(count: int) -> float:
    with pika.BlockingConnection(pika.URLParameters(AMQP_URL)) as connection:
        channel = connection.channel()
        channel.basic_qos(prefetch_count=IN_FLIGHT)
        began = 0.0
        for taken, (method, _properties, _body) in enumerate(channel.consume(QUEUE), 1):
            began = began or time.perf_counter()
            channel.basic_ack(method.delivery_tag)
            if taken == count:
                break
        return time.perf_counter() - began


if __name__ == "__main__":
    way, number = sys.argv[1], int(sys.argv[2])
    took = {"publish-each": publish_each, "publish": publish, "consume": consume}[way](number)
    print(json.dumps({"per_second": number / took}))
