"""`motcua-events`: look at, check, record and replay events on any Kafka. Needs the contracts' extra `[tools]`."""
