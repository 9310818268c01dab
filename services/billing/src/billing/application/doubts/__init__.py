"""Money in doubt: counted for everybody, and warned of before its limit."""
