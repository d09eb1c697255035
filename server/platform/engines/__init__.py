"""The embedded engines: PostgreSQL 18 and Valkey 9 from wheels, for the demo, tests and small set-ups.

Both listen on Unix sockets only, run in a session of their own (Ctrl-C in a terminal reaches the whole process group
and would end them before the program that still needs them), and are stopped last.
"""

from server.platform.engines.embedded import Embedded, start_embedded
from server.platform.engines.places import EngineError

__all__ = ["Embedded", "EngineError", "start_embedded"]
