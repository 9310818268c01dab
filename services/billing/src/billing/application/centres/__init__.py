"""Centres, as far as billing has to know the register's word of them."""
