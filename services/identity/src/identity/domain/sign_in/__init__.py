"""Sign-in of a person: a mobile number and a one-time code."""
