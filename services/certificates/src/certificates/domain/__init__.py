"""The rules, in the standard library only: types, applications, working days, certificates."""
