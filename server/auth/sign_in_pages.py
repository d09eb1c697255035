"""The pages around signing in, as ``auth`` asks for them."""

from dataclasses import dataclass

from server.presenters.help import help_now
from visit_ui.environment import render
from visit_ui.pages.shell.entry import ErrorPage, NoAccess, SignedOut, SignIn
from visit_ui.pages.shell.frame import Frame
from visit_ui.texts import _


@dataclass(frozen=True, slots=True)
class Pages:
    """Whole pages; nothing in them names a person. ``issuer_name``: how the button names the provider."""

    issuer_name: str

    def sign_in(self, start_url: str) -> str:
        """The way to the provider."""
        return render(SignIn(bare_frame(_("Sign in")), self.issuer_name, start_url))

    def signed_out(self) -> str:
        """Signed out, here and there; with the way back in."""
        return render(SignedOut(bare_frame(_("Signed out")), "/sign-in"))

    def no_access(self, issuer: str, subject: str) -> str:
        """Known to the provider, nobody here; with what an administrator needs to let them in."""
        return render(NoAccess(bare_frame(_("No access yet")), issuer, subject))

    def problem(self, sentence: str, code: str, status: int) -> str:
        """A sign-in that did not work; with the way to begin again."""
        return render(
            ErrorPage(
                bare_frame(_("Sign-in did not work")),
                _("Sign-in did not work"),
                sentence,
                _("Your record is fine. Please start again."),
                _("Start again"),
                "/sign-in",
                code,
            )
        )


def bare_frame(title: str) -> Frame:
    """The frame of a page for nobody in particular."""
    return Frame(title=title, viewer=None, csrf_token="", help_now=help_now())
