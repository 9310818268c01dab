"""The rules, in the standard library alone: types, applications, working days, certificates."""
