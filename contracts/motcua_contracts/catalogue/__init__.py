"""The catalogue: one static site about every event, in Vietnamese and English. Needs the extra `[tools]`."""
