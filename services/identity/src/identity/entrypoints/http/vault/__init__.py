"""The vault over HTTP: references for numbers, numbers for purposes, who read them."""
