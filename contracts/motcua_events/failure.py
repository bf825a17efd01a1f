"""What ends a command with a message instead of a traceback."""


class ToolError(Exception):
    """Says what is wrong, where, and how to mend it; becomes one message on stderr and exit code 2."""
