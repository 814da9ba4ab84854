"""What `cocreate doctor` says about mail."""

from email.utils import parseaddr

from cocreate.core.runtime import Runtime


def mail(runtime: Runtime) -> tuple[str, bool, str]:
    """Whether mail can be sent, and safely; a site without mail is in order, and says so."""
    settings = runtime.settings
    if not settings.smtp_host:
        return "mail: not set up, members find everything in their inbox (COCREATE_SMTP_HOST)", True, ""
    title = f"mail by {settings.smtp_host}:{settings.smtp_port}, {settings.smtp_tls}"
    if not parseaddr(settings.mail_from)[1]:
        return title, False, "set COCREATE_MAIL_FROM to an address of yours, such as 共创 <hello@example.com>"
    if settings.smtp_tls == "none" and settings.smtp_host not in ("localhost", "127.0.0.1", "::1"):
        return title, False, "mails and password travel in the clear: set COCREATE_SMTP_TLS to starttls or tls"
    return title, True, ""
