"""How people end what nobody else can."""
