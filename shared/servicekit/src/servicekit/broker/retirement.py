"""A service that is to go leaves the broker: nothing comes to its queues any more, and what is empty is deleted."""

from urllib.parse import quote

import pika
from pika.exceptions import AMQPError

from servicekit.broker.admin import BrokerRefused, Management, refuse_anothers_user
from servicekit.broker.topology import EVENTS_LOG, Topology
from servicekit.events.addresses import PARKING_PREFIX, exchange_of


def retire(topology: Topology, management_url: str, amqp_url: str) -> list[str]:
    """Unbinds a service's queues, and deletes them, its exchanges, policies and user once nothing is left in them.

    Returns what stands in the way, a sentence each that says what to do; nothing is lost, and a repeat goes on from
    there. When others still listen to the service's events nothing at all is changed. Returns an empty list when all is
    gone. `management_url` carries an administrator's credentials, `amqp_url` is the service's own. Raises
    BrokerRefused.
    """
    api = Management(management_url, amqp_url)
    refuse_anothers_user(topology, api)
    there = {row["name"] for row in api.ask(f"queues/{api.vhost}?disable_stats=true")}
    bindings = api.ask(f"bindings/{api.vhost}")
    definitions = topology.definitions()
    own = [queue["name"] for queue in definitions["queues"] if queue["name"] in there - {EVENTS_LOG}]
    listeners = sorted(
        {row["destination"] for row in bindings if row["source"] == exchange_of(topology.service)} - {EVENTS_LOG, *own}
    )
    if listeners:
        return [
            f"{queue} listens to {exchange_of(topology.service)}: its owner takes the event out of its table of "
            "events, and the binding away, first"
            for queue in listeners
        ]
    for row in bindings:
        if row["destination"] in topology.queues and row["source"].endswith(".events"):
            source, queue = quote(row["source"], safe=""), quote(row["destination"], safe="")
            api.remove(f"bindings/{api.vhost}/e/{source}/q/{queue}/{quote(row['properties_key'], safe='')}")
    left = _left(own, amqp_url)
    if left:
        return left
    for queue in own:
        api.remove(f"queues/{api.vhost}/{quote(queue, safe='')}")
    for policy in definitions["policies"]:
        api.remove(f"policies/{api.vhost}/{quote(policy['name'], safe='')}")
    for exchange in topology.exchanges:
        api.remove(f"exchanges/{api.vhost}/{quote(exchange, safe='')}")
    if api.service_user and api.service_user != api.user:
        api.remove(f"users/{quote(api.service_user, safe='')}")
    return []


def _left(queues: list[str], amqp_url: str) -> list[str]:
    """What is still in the queues, or reads them. Asked over AMQP: the management API's numbers are seconds old."""
    sentences = []
    if not queues:
        return []
    try:
        with pika.BlockingConnection(pika.URLParameters(amqp_url)) as connection, connection.channel() as channel:
            for queue in queues:
                has = channel.queue_declare(queue, passive=True).method
                if has.message_count:
                    sentences.append(
                        f"{queue} has {has.message_count} messages: {_how_to_empty(queue)}, then repeat this"
                    )
                elif has.consumer_count:
                    sentences.append(f"{queue} is empty, and a worker reads it: stop the worker, then repeat this")
    except AMQPError as error:
        raise BrokerRefused(f"the service's own user cannot look at its queues: {type(error).__name__}") from error
    return sentences


def _how_to_empty(queue: str) -> str:
    if queue.startswith(PARKING_PREFIX):
        return "let the worker record them, and decide about each with `dead-letters`"
    return "let the worker handle them"
