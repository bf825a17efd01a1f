"""The demo: synthetic citizens apply, pay and are served through the real system, and everything is checked."""
