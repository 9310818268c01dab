"""The forms of what is told of a centre beside its hours."""

SERVICE_FORM = r"[A-Za-z][A-Za-z0-9_-]{0,39}"  # a biller's id or a type of application, such as JVVNL or domicile
TEHSIL_FORM = r"[1-9][0-9]{0,5}"  # an LGD code
MOST_SERVICES = 500  # the state has some 450
