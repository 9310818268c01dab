"""RabbitMQ: the topology as code, the relay that publishes, the consumer that handles.

The only package that imports an AMQP client: pika publishes (`relay`), kombu consumes (`consumer`).
"""
