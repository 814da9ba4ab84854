"""Settings: environment variables with the prefix COCREATE_ or a `.env` file, read once and never changed."""

import secrets
from contextlib import suppress
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Everything an operator may set. Nothing but the defaults is needed to start."""

    model_config = SettingsConfigDict(
        env_prefix="COCREATE_", env_file=".env", env_file_encoding="utf-8", frozen=True, extra="ignore"
    )

    home: Path = Field(Path("var"), description="Data directory: database, secret, uploads.")
    host: str = Field("127.0.0.1", description="Address that the web server binds.")
    port: int = Field(8000, ge=1, le=65535, description="Port that the web server binds.")
    url: str = Field("", description="Public address, for mail, feeds and QR codes; empty: http://HOST:PORT.")
    database_url: str = Field("", description="postgresql://… or sqlite:///…; empty: HOME/cocreate.db.")
    redis_url: str = Field("", description="Redis or Valkey for the job queue and for limits shared by processes.")
    meilisearch_url: str = Field(
        "", description="Meilisearch beside the built-in search, http://…; empty: none. See docs/search.md."
    )
    meilisearch_key: str = Field("", description="Its key: the master key, or better one for our indexes alone.")
    meilisearch_index: str = Field(
        "cocreate", pattern=r"^[A-Za-z0-9_-]{1,60}$", description="First part of the names of our indexes there."
    )
    timezone: str = Field("Asia/Shanghai", description="Zone of dates without one, of days and of weeks.")
    language: Literal["zh-Hans", "en"] = Field("zh-Hans", description="Language where a reader states none.")
    secret: str = Field("", description="Key that signs links; empty: generated into HOME/secret, mode 0600.")
    brand_name: str = Field("共创", min_length=1, max_length=40, description="Name of the community in the page head.")
    brand_accent: str = Field(
        "#0b6e6e", pattern=r"^#[0-9a-fA-F]{6}$", description="The brand's one accent colour, as #rrggbb."
    )
    open_sign_up: bool = Field(True, description="Whether visitors may create an account by themselves.")
    max_body_bytes: int = Field(1_048_576, ge=1024, description="Largest request body except for file imports.")
    max_import_bytes: int = Field(67_108_864, ge=1024, description="Largest file that the import page accepts.")
    sign_in_tries: int = Field(10, ge=1, description="Failed sign-ins per five minutes, per account and per address.")
    trusted_proxies: str = Field("", description="Addresses whose X-Forwarded-For is believed, comma separated.")
    nightly_hour: int = Field(3, ge=0, le=23, description="Hour, in TIMEZONE, at which the themes are recomputed.")
    cluster_timeout_seconds: int = Field(3600, ge=10, description="A clustering run that takes longer is stopped.")
    dask_scheduler: str = Field(
        "", description="Dask scheduler that shares the work of a run, tcp://HOST:8786; empty: none. See docs/scale.md."
    )
    embedding: str = Field(
        "", description="Sentence encoder for themes: a model's folder or https://HOST/v1; empty: none. docs/scale.md."
    )
    embedding_key: str = Field("", description="Key of that service.")
    embedding_model: str = Field("", description="Name of the model at that service.")
    approval_above: int = Field(
        500, ge=0, description="An answer to more people than this is approved by a second person before it leaves."
    )
    smtp_host: str = Field("", description="Mail server that takes our mail; empty: no mail is sent.")
    smtp_port: int = Field(587, ge=1, le=65535, description="Its port.")
    smtp_user: str = Field("", description="Name to log in there; empty: without.")
    smtp_password: str = Field("", description="Password that goes with it.", repr=False)
    smtp_tls: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="starttls: refused where the server offers none; tls: from the start; none: plain."
    )
    mail_from: str = Field("", description="Sender of our mail, such as 共创 <hello@example.com>.")
    outbound_allow: str = Field(
        "", description="HOST:PORT, comma separated, that robots may be reached at though they are inside or not https."
    )
    guest_cache_seconds: float = Field(
        2.0, ge=0, le=60, description="How long a public page is served from memory to signed-out readers; 0: never."
    )
    followup_automatic: bool = Field(
        False, description="Whether an item that owners call solved is confirmed by itself; else staff are asked to."
    )
    points_alone: int = Field(
        500, ge=0, description="Points that one person may give a member by hand in a day; more need a second one."
    )
    demo: bool = Field(False, description="Set by `cocreate demo`: one-tap log-ins are offered on loopback.")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        ZoneInfo(value)
        return value

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def public_url(self) -> str:
        """Absolute address of the site without a trailing slash."""
        return (self.url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def secure(self) -> bool:
        """Whether readers come over https, so that cookies may be `__Host-` and Secure."""
        return self.public_url.startswith("https://")

    @property
    def effective_database_url(self) -> str:
        return self.database_url or f"sqlite:///{(self.home / 'cocreate.db').absolute()}"

    def signing_key(self) -> str:
        """The configured secret, or the one kept in HOME/secret, made on first use."""
        if self.secret:
            return self.secret
        path = self.home / "secret"
        if not path.exists():
            self.home.mkdir(parents=True, exist_ok=True)
            draft = self.home / f"secret.{secrets.token_hex(8)}"
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_urlsafe(48), encoding="utf-8")
            # Never half written, and of two processes that start at once the second takes the first one's.
            with suppress(FileExistsError):
                path.hardlink_to(draft)
            draft.unlink()
        return path.read_text(encoding="utf-8").strip()
