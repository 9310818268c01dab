"""Ways in: the proxy, the gateway's own HTTP routes, and the consumers of the transactions view."""
