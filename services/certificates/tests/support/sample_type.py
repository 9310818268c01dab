"""A type of a department that does not exist, with one of everything that a file may say."""

# Tests name its lines: a new line moves them.
GOOD = """\
code = "sample"
title = { en = "Sample paper", hi = "नमूना" }
prefix = "SMP"
doctype = "SAMPLE"
legal_basis = { en = "Sample Act", hi = "नमूना अधिनियम" }
signer = { en = "Clerk", hi = "लिपिक" }
event = "happened_on"
appeals = { by = "guaranteed-delivery-2011", officers = { first = { en = "Head", hi = "प्रमुख" } } }
record = { number = "paper_number", issued_on = "paper_day", types = ["domicile"] }
unset = [{ en = "Much", hi = "बहुत कुछ" }]
[[fields]]
name = "kind"
type = "choice"
on_certificate = true
label = { en = "Kind", hi = "प्रकार" }
choices = [{ code = "a", label = { en = "A", hi = "क" } }]
[[fields]]
name = "detail"
type = "text"
asked_when = [{ field = "kind", is = ["a"] }]
required_when = [{ born = "happened_on", younger_than = 18 }]
label = { en = "Detail", hi = "विवरण" }
[[fields]]
name = "happened_on"
type = "date"
label = { en = "Day", hi = "दिन" }
[[fields]]
name = "permission"
type = "text"
label = { en = "Permission", hi = "अनुमति" }
[[fields]]
name = "total"
type = "integer"
minimum = 0
maximum = 9
label = { en = "Total", hi = "योग" }
[[fields]]
name = "paper_number"
type = "text"
label = { en = "Number", hi = "संख्या" }
[[fields]]
name = "paper_day"
type = "date"
label = { en = "Day of issue", hi = "जारी होने का दिन" }
[[groups]]
name = "rows"
at_most = 3
asked_when = [{ field = "kind", answered = true }]
label = { en = "Rows", hi = "पंक्तियाँ" }
[[groups.fields]]
name = "amount"
type = "integer"
minimum = 0
maximum = 9
label = { en = "Amount", hi = "राशि" }
[[documents]]
code = "proof"
needed_when = [{ field = "kind", is = ["a"] }]
label = { en = "Proof", hi = "प्रमाण" }
any_of = [
    { code = "one", issued_by = "india", label = { en = "One", hi = "एक" } },
    { code = "two", issued_by = "other", label = { en = "Two", hi = "दो" } },
]
[[fees]]
effective_from = 2020-01-01
paise = 0
head = "NONE"
order = "Sample order"
order_hi = "नमूना आदेश"
[[fees]]
effective_from = 2020-01-01
after_years = 1
paise = 5
head = "LATE"
order = "Sample order"
order_hi = "नमूना आदेश"
[[rules]]
kind = "late-report"
event = "happened_on"
needs = "permission"
text = { en = "Late", hi = "देर" }
rungs = [
    { after_days = 30, permitted_by = { en = "Head", hi = "प्रमुख" } },
    { after_years = 1, permitted_by = { en = "Court", hi = "न्यायालय" } },
]
[[rules]]
kind = "adds-up"
group = "rows"
field = "amount"
total = "total"
text = { en = "Adds up", hi = "योग बराबर" }
[[rules]]
kind = "distinct"
group = "rows"
field = "amount"
when = [{ field = "kind", is = ["a"] }]
text = { en = "Differ", hi = "अलग" }
[[rules]]
kind = "in-range"
field = "total"
maximum = 5
text = { en = "Small", hi = "छोटा" }
[[steps]]
name = "entry"
role = "officer"
department = "sample"
working_days = 1
office_level = "tehsil"
label = { en = "Entry", hi = "प्रविष्टि" }
posts = [{ name = { en = "Clerk", hi = "लिपिक" } }]
"""
