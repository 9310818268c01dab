"""What the vault keeps: kinds of numbers of people with their rules, purposes, keys, records and readings."""
