"""Reads `events.log`, the stream that has every event of every service for seven days."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pika
from pika.exceptions import AMQPError, ChannelClosedByBroker

from servicekit.broker.admin import BrokerRefused
from servicekit.broker.topology import EVENTS_LOG

# A stream is only read with a prefetch, and each message acknowledged.
_PREFETCH = 500
# A stream has no end that could be asked for: it is reached when nothing came for this long.
_QUIET_SECONDS = 3.0


def logged_events(amqp_url: str, since: datetime) -> Iterator[bytes]:
    """The bytes of each event that was published from `since` on, in the log's order; some a little earlier.

    It ends when nothing more comes: where events come all the time, the caller stops. What was sent again is there
    again. `amqp_url` is of a user that may read `events.log`: the administrator, or one of
    the observers'; no service's own may. Raises BrokerRefused.
    """
    try:
        with pika.BlockingConnection(pika.URLParameters(amqp_url)) as connection:
            channel = connection.channel()
            channel.basic_qos(prefetch_count=_PREFETCH)
            offset = {"x-stream-offset": since.astimezone(UTC).replace(tzinfo=None)}
            messages = channel.consume(EVENTS_LOG, arguments=offset, inactivity_timeout=_QUIET_SECONDS)
            for method, _, body in messages:
                if method is None:
                    return
                channel.basic_ack(method.delivery_tag)
                yield body
    except ChannelClosedByBroker as error:
        raise BrokerRefused(f"{EVENTS_LOG} cannot be read: {error.reply_code} {error.reply_text}") from error
    except AMQPError as error:
        raise BrokerRefused(f"the broker does not answer: {type(error).__name__}") from error
