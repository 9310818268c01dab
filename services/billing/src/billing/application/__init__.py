"""Use cases, one module each, and the ports they need. Knows neither HTTP nor MongoDB nor AMQP."""
