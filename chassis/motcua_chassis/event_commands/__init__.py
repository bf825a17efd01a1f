"""Commands of `motcua-events` that need a service's code or its door: rebuild, state-hash, rehearse, dead-letters.

Needs the chassis' extra `[tools]`; nothing a running service imports leads here.
"""
