"""``python -m server`` is the program ``titrate``."""

from server.cli import main

main()
