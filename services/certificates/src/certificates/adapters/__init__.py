"""The ports' implementations: MongoDB, data files, Ed25519 signatures. Only bootstrap names them."""
