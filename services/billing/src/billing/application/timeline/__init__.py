"""The money timeline, told to whoever may see the payment."""
