"""The biller network and the payment service provider, over HTTP."""
