"""The way to the mail server: one connection for a round of mails, encrypted unless the operator says otherwise."""

import re
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import parseaddr

from cocreate.core.config import Settings
from cocreate.notify.mail.compose import sender

SECONDS = 20
_ADDRESS = re.compile(r"\S*@\S*")


class Unreachable(Exception):
    """The server cannot be used at the moment, for this mail or any other."""


class Refused(Exception):
    """The server does not take this mail. `final`: nor will it later."""

    def __init__(self, detail: str, *, final: bool) -> None:
        super().__init__(detail)
        self.final = final


class MailServer:
    """Sends mails over one connection, made at the first of them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._connection: smtplib.SMTP | None = None

    def send(self, mail: EmailMessage, to: str) -> None:
        """Hand one mail over; returns once the server has taken it. Raises Unreachable or Refused."""
        connection = self._connect()
        try:
            connection.send_message(mail, parseaddr(sender(self.settings))[1], [to])
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            raise Refused(detail(code, text), final=code >= 500) from error
        except smtplib.SMTPSenderRefused as error:
            # Not this mail's fault: the sender or the log-in is wrong, and every other would be refused as well.
            self.close()
            raise Unreachable(detail(error.smtp_code, error.smtp_error)) from error
        except smtplib.SMTPServerDisconnected as error:
            self.close()
            raise Unreachable(str(error)) from error
        except smtplib.SMTPResponseException as error:
            raise Refused(detail(error.smtp_code, error.smtp_error), final=error.smtp_code >= 500) from error
        except (smtplib.SMTPNotSupportedError, ValueError) as error:
            raise Refused(without_addresses(str(error)), final=True) from error
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise Unreachable(without_addresses(str(error))) from error

    def _connect(self) -> smtplib.SMTP:
        if self._connection is not None:
            return self._connection
        try:
            connection = self._open()
            try:
                self._introduce(connection)
            except BaseException:
                connection.close()
                raise
        except smtplib.SMTPResponseException as error:
            raise Unreachable(detail(error.smtp_code, error.smtp_error)) from error
        except (smtplib.SMTPException, OSError) as error:
            raise Unreachable(without_addresses(f"{type(error).__name__}: {error}")) from error
        self._connection = connection
        return connection

    def _introduce(self, connection: smtplib.SMTP) -> None:
        settings = self.settings
        if settings.smtp_tls == "starttls":
            connection.starttls(context=ssl.create_default_context())
        if settings.smtp_user:
            connection.login(settings.smtp_user, settings.smtp_password)

    def _open(self) -> smtplib.SMTP:
        settings = self.settings
        if settings.smtp_tls == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(settings.smtp_host, settings.smtp_port, timeout=SECONDS, context=context)
        return smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=SECONDS)

    def close(self) -> None:
        """End the connection, if there is one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.quit()
            except (smtplib.SMTPException, OSError):
                connection.close()


def detail(code: int, text: bytes | str) -> str:
    """The server's answer for the log."""
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return without_addresses(f"{code} {said}")


def without_addresses(text: str) -> str:
    """The text with every mail address taken out, on one line."""
    return " ".join(_ADDRESS.sub("…", text).split())[:200]
