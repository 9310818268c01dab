"""Centres, as far as who may act for them hangs on how they stand."""
