"""The outside systems, speaking their real protocols; shares no code with what it tests."""
