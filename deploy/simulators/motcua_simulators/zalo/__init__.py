"""Zalo Notification Service that delivers to nobody and remembers everything."""
