"""Centres that trade: what may be changed of them, by whom, and how they were."""
