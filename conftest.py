"""Gives every package's tests the shared fixtures."""

import signal

# A shell starts what runs in its background deaf to Ctrl-C, and so would be every command that the tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = ["tests.support.parts", "tests.support.postgres", "tests.support.broker", "tests.support.journey"]
