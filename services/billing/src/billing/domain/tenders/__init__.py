"""That money was tendered, and when: what holds though the biller hears of it late."""
