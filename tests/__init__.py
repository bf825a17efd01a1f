"""What no single package can test, and the fixtures all of them use."""
