"""MongoDB, the signing keys and the sandbox file."""
