"""All four services' pure functions under one seeded scheduler: no I/O, no threads, a clock of its own."""
