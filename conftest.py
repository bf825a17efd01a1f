"""Gives every package's tests the shared fixtures."""

pytest_plugins = ["tests.support.parts", "tests.support.postgres", "tests.support.broker", "tests.support.journey"]
