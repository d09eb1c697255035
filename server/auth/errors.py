"""What may go wrong at the door; each kind exists because callers answer it differently."""

from visit_ui.texts import _, ngettext


class IdentityError(Exception):
    """Base of this package. ``code`` is stable for machines, the message is for people and names nobody."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class SignInFailed(IdentityError):
    """This attempt to sign in ended: show the sentence with a way to start again (400)."""


class TokenRefused(SignInFailed):
    """A token of the provider did not hold. ``code`` is ``token_`` and the part that failed."""

    def __init__(self, part: str) -> None:
        super().__init__(f"token_{part}", _("The sign-in service's answer could not be trusted."))
        self.part = part


class UnknownTokenKey(TokenRefused):
    """Signed with a key id that is not among the known keys: fetch the provider's keys again, once."""

    def __init__(self) -> None:
        super().__init__("key")


class ProviderUnavailable(IdentityError):
    """The provider did not answer usefully: try again later (503)."""


class ForgedRequest(IdentityError):
    """A change came without this session's token or from another origin: refuse it (403)."""


class TooManyRequests(IdentityError):
    """Too many tries from one address: answer 429 with ``Retry-After: retry_after_s``."""

    def __init__(self, rule: str, retry_after_s: int) -> None:
        minutes = -(-retry_after_s // 60)
        words = ngettext(
            "Too many tries. Wait %(num)s minute and try again.",
            "Too many tries. Wait %(num)s minutes and try again.",
            minutes,
        )
        super().__init__(rule, words)
        self.retry_after_s = retry_after_s
