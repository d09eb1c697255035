"""The pages around signing in, and the ones that say that something did not work."""

from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from visit_ui.pages.shell.frame import Frame
from visit_ui.texts import _


@dataclass(frozen=True, slots=True)
class SignIn:
    """`/sign-in` in production: one way in. No form: `start_href` is a GET.

    issuer_name: what the provider is called ("Bay Clinic account"). problem: why the last attempt failed, or None.
    """

    template: ClassVar[str] = "shell/sign_in.html"
    frame: Frame
    issuer_name: str
    start_href: str
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class CastCard:
    """One person of the demo. `note`: what is going on with them; `now` makes it stand out; `href` signs in as them."""

    name: str
    initials: str
    role: str
    note: str
    href: str
    now: bool = False


@dataclass(frozen=True, slots=True)
class CastGroup:
    """Cards under a heading ("Patients"), in reading order."""

    title: str
    cards: tuple[CastCard, ...]


@dataclass(frozen=True, slots=True)
class DemoSignIn:
    """The demo provider's sign-in page. No form: each card is a link. `hint` says how to hold a visit."""

    template: ClassVar[str] = "shell/demo_sign_in.html"
    frame: Frame
    groups: tuple[CastGroup, ...]
    hint: str


@dataclass(frozen=True, slots=True)
class SignedOut:
    """`/signed-out`. reason: "asked" (own act), "idle" (nobody there), "ended" (by the provider)."""

    template: ClassVar[str] = "shell/signed_out.html"
    frame: Frame
    sign_in_href: str
    reason: Literal["asked", "idle", "ended"] = "asked"


@dataclass(frozen=True, slots=True)
class NoAccess:
    """`/no-access`: known to the provider, nobody here yet.

    issuer, subject: what an administrator needs. contact: the clinic's number as printed, or None.
    The form posts `csrf_token` to `/sign-out`.
    """

    template: ClassVar[str] = "shell/no_access.html"
    frame: Frame
    issuer: str
    subject: str
    contact: str | None = None


@dataclass(frozen=True, slots=True)
class SendAgain:
    """A change that was sent and not answered: where to, and all its fields in order, as hidden ones (name, text)."""

    action: str
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """Something did not work: what, and what to do.

    No status is shown: a number tells nobody what to do. reference: what support can search for, or None; no patient
    data.
    again: a change that can be sent again with one press; None: nothing was sent, or it would be in vain.
    """

    template: ClassVar[str] = "shell/error.html"
    frame: Frame
    title: str
    what: str
    remedy: str
    act: str
    act_href: str
    reference: str | None = None
    again: SendAgain | None = None


_WORDS: Final[dict[int, tuple[str, str, str]]] = {
    400: (
        _("Something was missing"),
        _("Something in the web address or the form was missing."),
        _("Go back and try again."),
    ),
    403: (
        _("You can’t do this"),
        _("Your account does not allow what you asked, or the form was open for too long."),
        _("Reload the page you came from and try once more. If it still does not work, ask your clinic."),
    ),
    404: (
        _("We can’t find this page"),
        _("It does not exist, or you do not have access to it."),
        _("Check the web address, or start again from your first page."),
    ),
    409: (
        _("Someone changed this in the meantime"),
        _("What you wanted to change is different now from what was on your screen. You did not change anything."),
        _("Go back, check what is there now, then decide again."),
    ),
    413: (
        _("That is too large"),
        _("What you sent is larger than this page can accept."),
        _("Send less at a time."),
    ),
    429: (
        _("Too many requests"),
        _("We got more requests from here than usual."),
        _("Wait a minute, then try again."),
    ),
    500: (
        _("Something went wrong on our side"),
        _("It is not your fault. What you did may or may not have been saved."),
        _("Check whether it is there before you do it again. If this keeps happening, tell your clinic."),
    ),
    503: (
        _("We are not ready yet"),
        _("The service is starting up, or is too busy right now."),
        _("In a minute, check whether what you did is there."),
    ),
}


def error_page(frame: Frame, status: int, reference: str | None = None) -> ErrorPage:
    """The page for an HTTP status, in words; a status without words of its own gets those of 400 or 500."""
    title, what, remedy = _WORDS.get(status) or _WORDS[400 if status < 500 else 500]
    return ErrorPage(frame, title, what, remedy, _("Go to your first page"), frame.home_url, reference)
