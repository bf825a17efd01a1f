"""`python -m motcua_events` is the command `motcua-events`."""

from motcua_events.cli import main

if __name__ == "__main__":
    main()
