"""What the handlers of signing in show, as a contract, and a plain form of it without the design."""

from html import escape
from typing import Protocol


class SignInPages(Protocol):
    """Whole HTML pages. Nothing in them names a person."""

    def sign_in(self, start_url: str) -> str:
        """The way to the provider."""

    def signed_out(self) -> str:
        """Signed out, here and there; with the way back in."""

    def no_access(self, issuer: str, subject: str) -> str:
        """Known to the provider, nobody here; with what an administrator needs and a ``POST /sign-out`` form."""

    def problem(self, sentence: str, code: str, status: int) -> str:
        """A sign-in that did not work; with the way to begin again."""


class PlainPages:
    """The pages as bare HTML: for tests, and when templates cannot be loaded."""

    def sign_in(self, start_url: str) -> str:
        return _page("Sign in", f'<p><a href="{escape(start_url)}">Sign in</a></p>')

    def signed_out(self) -> str:
        return _page("Signed out", '<p>You are signed out.</p><p><a href="/sign-in">Sign in again</a></p>')

    def no_access(self, issuer: str, subject: str) -> str:
        return _page(
            "No access yet",
            "<p>You are signed in, but this clinic does not know you yet. Give this to its administrator:</p>"
            f"<dl><dt>Issuer</dt><dd>{escape(issuer)}</dd><dt>Subject</dt><dd>{escape(subject)}</dd></dl>"
            '<form method="post" action="/sign-out"><button>Sign out</button></form>',
        )

    def problem(self, sentence: str, code: str, status: int) -> str:
        return _page(
            "Sign-in did not work",
            f'<p data-code="{escape(code)}">{escape(sentence)}</p><p><a href="/sign-in">Begin again</a></p>',
        )


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><main><h1>{title}</h1>{body}</main></body></html>"
    )
