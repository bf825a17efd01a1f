"""The drill: every fault is struck under load, and the shared checker looks at what it left."""
