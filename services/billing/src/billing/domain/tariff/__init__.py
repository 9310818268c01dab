"""Who can be paid, what for, and what it costs: billers, bills, fees, prices."""
