"""The rules of money at e-Mitra. Standard library only; every amount is integer paise, every instant is aware UTC."""
