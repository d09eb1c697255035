"""A real OpenID provider for the demo, on Authlib's framework-free grants; its sign-in page is the cast as cards.

Knows OpenID Connect and a list of invented people. Does not know the clinic, which meets it over HTTP as any other.
"""

from server.demo.provider.endpoints import DemoProvider, ShowCards, plain_cards
from server.demo.provider.members import Member, ProviderSettings
from server.demo.provider.signing import load_key, new_key

__all__ = ["DemoProvider", "Member", "ProviderSettings", "ShowCards", "load_key", "new_key", "plain_cards"]
