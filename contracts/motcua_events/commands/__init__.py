"""One subcommand a module: what it asks for, and what it says."""
