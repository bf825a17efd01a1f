"""A mail server that delivers to nobody and remembers everything."""
