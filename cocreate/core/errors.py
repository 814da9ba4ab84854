"""The family of refusals; `cocreate.web.failures` draws each as a page, a fragment or JSON."""

from typing import ClassVar

from cocreate.core.text_marks import N_


class Refusal(Exception):
    """A request that is understood and refused; raised before the first write, so nothing has changed.

    detail: for the log and for developers, never shown. params: values for the placeholders of `message`.
    fields: messages (msgids) by input field.
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = "refused"
    message: ClassVar[str] = N_("That did not work.")
    retry_after: int | None = None

    def __init__(self, detail: str = "", *, fields: dict[str, str] | None = None, **params: object) -> None:
        super().__init__(detail or self.code)
        self.fields = fields or {}
        self.params = params


class Invalid(Refusal):
    """Input that does not fit; 422 is for input alone."""

    status, code = 422, "invalid"
    message = N_("Please check what you entered.")


class NotSignedIn(Refusal):
    status, code = 401, "not_signed_in"
    message = N_("Please sign in first.")


class NotAllowed(Refusal):
    status, code = 403, "not_allowed"
    message = N_("Your account may not do this.")


class NotFound(Refusal):
    status, code = 404, "not_found"
    message = N_("There is nothing at this address.")


class Conflict(Refusal):
    status, code = 409, "conflict"
    message = N_("Somebody was faster. Please look again.")


class TooLarge(Refusal):
    status, code = 413, "too_large"
    message = N_("That is too large.")


class TooMany(Refusal):
    status, code = 429, "too_many"
    message = N_("That was a bit much. Please wait a moment.")

    def __init__(self, detail: str = "", *, retry_after: int = 60) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Unavailable(Refusal):
    status, code = 503, "unavailable"
    message = N_("Too busy at the moment. Please try again shortly.")

    def __init__(self, detail: str = "", *, retry_after: int = 5) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
