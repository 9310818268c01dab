"""Where the vault's keys are: a file, a PKCS#11 token, or nowhere yet."""
