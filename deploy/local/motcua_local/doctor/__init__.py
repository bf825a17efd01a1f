"""Looks a target environment over before and after Motcua is put there, and says what to mend."""
