"""People's rights over HTTP: what a person sees and decides, what services answer, the register of breaches."""
