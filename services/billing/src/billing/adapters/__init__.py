"""The ports' implementations, named by their technology; only bootstrap names them."""
