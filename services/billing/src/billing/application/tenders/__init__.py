"""Proofs that money was tendered, for the payer."""
