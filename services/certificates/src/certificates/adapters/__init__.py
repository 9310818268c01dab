"""How the ports are met: MongoDB, files of data, Ed25519 signatures."""
