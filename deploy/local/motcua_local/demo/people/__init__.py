"""Everybody who is not a computer: citizens, payers, officers. All over HTTP, all insistent."""
