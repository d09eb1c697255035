"""Who is there: sign-in by OpenID Connect, sessions, forged-request checks, response headers, rate limits.

Knows the provider, Redis and HTTP. Does not know the record: which person a subject is, a function tells that it
is given.
"""
