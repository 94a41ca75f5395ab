"""Every setting of an installation, read once from the environment; an unknown or unsafe one stops the start."""

from __future__ import annotations

import ipaddress
import os
import secrets
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from urllib.parse import urlsplit


class UnsafeSettings(Exception):
    """All that is wrong with the settings, by name (never by value)."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


CONSOLE = "console"
"""VO_SMS_URL that writes text messages to the standard output."""


@dataclass(frozen=True)
class Settings:
    """One installation. Each field `x` is read from `VO_X`; times are seconds unless the name says otherwise."""

    instance: str = "instance"
    """Folder of the data on disk: database, secret key, sockets."""
    database_url: str = ""
    """SQLAlchemy URL; empty means SQLite in the instance folder. `postgresql://` becomes `postgresql+psycopg://`."""
    redis_url: str = ""
    """Message queue and rate limits for many web processes; empty means one process."""
    secret_key: str = ""
    """At least 32 characters. Empty: made once in the instance folder."""
    public_url: str = ""
    """Where people find the service, e.g. https://office.example.org; empty means http://127.0.0.1:PORT."""
    bind: str = "127.0.0.1:8000"
    """Address and port of the web process."""
    trusted_proxies: int = 0
    """How many reverse proxies in front set X-Forwarded-*; 0 ignores those headers."""
    smtp_url: str = ""
    """smtp://user:password@host:port or smtps://…; empty keeps letters in the demo mailbox (demo) or waiting."""
    mail_from: str = "Virtual Office <office@example.org>"
    """Sender of letters."""
    mail_pace: float = 10.0
    """Letters a second that leave in the long run, by each channel."""
    sms_url: str = ""
    """Address of the agency's SMS gateway (foundation/sms.py says what it gets), or `console` (loopback only): written to the
    standard output. Empty: text messages are printed letters instead."""
    sms_secret: str = ""
    """Signs what goes to that gateway and what it reports; at least 16 characters."""
    short_url: str = ""
    """A shorter https address of this same service for links in text messages; empty means the public one."""
    staff_second_factor: str = ""
    """`required`: colleagues set up a second factor before anything else; `optional` (loopback only): who has one is asked for
    it. Empty: required, except on a loopback, where a demo and tests run."""
    oidc_issuer: str = ""
    """Issuer of the agency's own sign-in (OpenID Connect), e.g. https://login.example.org; empty: none."""
    oidc_client_id: str = ""
    """What we are called at the provider; its redirect address is VO_PUBLIC_URL + /sign-in/provider/answer."""
    oidc_client_secret: str = ""
    """Our secret at the provider."""
    oidc_name: str = ""
    """What the provider is called on the button: "Sign in with …"; empty: "your work account"."""
    oidc_own_factor: bool = False
    """On: who comes from the provider shows our own second factor as well."""
    turn_urls: str = ""
    """Comma-separated turn: and turns: addresses given to calls."""
    turn_secret: str = ""
    """Shared secret of coturn's use-auth-secret."""
    media_processes: int = 1
    """Forwarding units on this box (`python -m realtime.media n`), one for each core that may be spent on meetings of more than two;
    0: none, and such meetings have no sound and picture."""
    media_folder: str = ""
    """Absolute path of another supervisor's instance folder on this box, whose forwarding units (VO_MEDIA_PROCESSES of them) are used;
    none is started here. Empty: our own are. Needs the same VO_SECRET_KEY."""
    media_udp_port: int = 8189
    """UDP port of the first forwarding unit, reachable for everybody; unit n uses this + n. 0: any free one (tests, demos)."""
    media_public_ip: str = ""
    """Comma-separated addresses at which browsers reach those ports, where the machine does not have them itself (NAT, clouds).
    Empty: the machine's own addresses; with a loopback VO_BIND also 127.0.0.1."""
    whip_origins: str = ""
    """Comma-separated origins (https://studio.example.org) whose pages may send into meetings and show them (WHIP, WHEP); empty: programs
    only."""
    demo: bool = False
    """Demo door, demo mailbox, practice partner; loopback only."""
    rate_limits: bool = True
    """Off for load tests; loopback only."""
    metrics_bind: str = ""
    """Own address for /metrics; empty means on the site with a token."""
    metrics_token: str = ""
    """Bearer token of /metrics on the site."""
    service_name: str = "Virtual Office"
    """What the service is called in the header and in letters."""
    brand: str = ""
    """Brand colour as #rrggbb; empty means the house's deep teal."""
    brand_dark: str = ""
    """Darker brand colour for hover."""
    logo: str = ""
    """File name of a logo in the instance folder; empty shows the name alone."""
    help_phone: str = ""
    """Phone number shown in the footer of every page; empty shows the office's own."""
    help_hours: str = ""
    """When that phone is answered, in words."""
    languages: str = "en,es,fr,ar"
    """Languages offered, first is the default."""
    hold_minutes: int = 8
    """How long a time is kept while somebody fills the form; extendable once by the same."""
    travel_minutes: int = 30
    """Minutes between two offices for whoever works at both, where nobody wrote down the way."""
    link_days: int = 0
    """Days after its end that an appointment's links still open; 0 means one."""
    sign_in_minutes: int = 10
    """Life of a sign-in link or code."""
    grace: int = 60
    """Seconds a person keeps their seat in a meeting without a connection."""
    beat: float = 2.0
    """Seconds between heartbeats in a meeting of up to 12."""
    lease: int = 30
    """Seconds that a worker has for a batch of letters or deadlines; after a crash another takes it over."""
    keep_codes_days: int = 1
    """Retention: sign-in codes, counted tries, used keys and answers of forms that were not finished."""
    keep_chat_days: int = 30
    """Retention: what was written in meetings."""
    keep_letters_days: int = 90
    """Retention: the words of letters."""
    keep_calls_days: int = 90
    """Retention: who was connected to a meeting when, and ended sign-ins."""
    keep_bookings_days: int = 396
    """Retention: appointments, outcomes, notes, waitlist, callbacks and people without anything newer (13 months)."""
    keep_registrations_days: int = 90
    """Retention: who registered for a webinar; then only how many."""
    keep_audit_days: int = 730
    """Retention: the list of who did what (24 months)."""
    contact: str = ""
    """Whom to write to about privacy and accessibility, an e-mail address or a web address; empty names the offices."""
    complaints: str = ""
    """The authority to complain to, in words; empty says only that there is one."""
    test_failpoint: str = ""
    """Name of a crash point to die at (tests; loopback only)."""
    test_clock_shift: int = 0
    """Seconds added to the clock (tests; loopback only)."""
    test_claims_key: bool = True
    """Off removes the guard against double booking, to prove that the storm can fail (tests; loopback only)."""

    @property
    def folder(self) -> Path:
        """The instance folder as an absolute path."""
        return Path(self.instance).absolute()

    @property
    def loopback(self) -> bool:
        """Whether both the bind and the public URL stay on this machine."""
        return _is_loopback(_host(self.bind)) and _is_loopback(urlsplit(self.public_url).hostname or "")

    @property
    def second_factor_required(self) -> bool:
        """Whether a colleague without a second factor reaches nothing but the pages that set one up."""
        return self.staff_second_factor == "required" or (not self.staff_second_factor and not self.loopback)

    @property
    def language_codes(self) -> list[str]:
        """The offered languages, default first."""
        return [code.strip() for code in self.languages.split(",") if code.strip()]

    @property
    def media_path(self) -> Path:
        """The folder of the forwarding units' sockets."""
        return Path(self.media_folder) if self.media_folder else self.folder

    @property
    def media_addresses(self) -> list[str]:
        """What VO_MEDIA_PUBLIC_IP says, as a list of IPv4 and IPv6 addresses; empty: the machine's own."""
        return [address.strip() for address in self.media_public_ip.split(",") if address.strip()]

    @property
    def secure(self) -> bool:
        """Whether people reach the service over HTTPS."""
        return self.public_url.startswith("https://")


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; raises UnsafeSettings with every problem at once."""
    environ = os.environ if environ is None else environ
    problems: list[str] = []
    known = {f"VO_{f.name.upper()}": f for f in fields(Settings)}
    problems += [f"{name} is not a setting" for name in sorted(environ) if name.startswith("VO_") and name not in known]
    values: dict[str, object] = {}
    for name, field in known.items():
        raw = environ.get(name)
        if raw is None:
            continue
        try:
            values[field.name] = _read(raw.strip(), field.default)
        except ValueError as wrong:
            problems.append(f"{name} {wrong}")
    port = environ.get("PORT")
    if port and "bind" not in values:
        if port.isdigit() and 0 < int(port) < 65536:
            values["bind"] = f"127.0.0.1:{port}"
        else:
            problems.append("PORT must be a port number")
    bind = str(values.get("bind", "127.0.0.1:8000"))
    if not values.get("public_url"):
        values["public_url"] = f"http://127.0.0.1:{bind.rpartition(':')[2]}"
    values["public_url"] = str(values["public_url"]).rstrip("/")
    url = str(values.get("database_url", ""))
    if url.startswith(("postgresql://", "postgres://")):
        values["database_url"] = "postgresql+psycopg://" + url.partition("://")[2]
    settings = Settings(**values)  # type: ignore[arg-type]
    problems += _unsafe(settings)
    if problems:
        raise UnsafeSettings(problems)
    return settings


def ensure_folder(settings: Settings) -> None:
    """Make the instance folder, private to its owner."""
    settings.folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def secret_key(settings: Settings) -> str:
    """The signing key: the setting, or one made once in the instance folder."""
    if settings.secret_key:
        return settings.secret_key
    ensure_folder(settings)
    path = settings.folder / "secret_key"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        key = secrets.token_urlsafe(48)
        file.write(key)
    return key


def database_url(settings: Settings) -> str:
    """The SQLAlchemy URL in force."""
    return settings.database_url or f"sqlite:///{settings.folder / 'office.sqlite3'}"


def engine_options(settings: Settings) -> dict[str, object]:
    """Pool of the database engine, one for each process.

    On PostgreSQL few connections serve a crowd sooner than many (1000 bookings at once on 2 cores: 8 connections 4.7 s, 48 6.8 s);
    whoever finds none free waits in line, longer than the worst crowd that we measure.
    """
    if database_url(settings).startswith("sqlite"):
        return {"pool_size": 16, "max_overflow": 48, "pool_timeout": 30, "hide_parameters": True}
    return {"pool_size": 8, "max_overflow": 0, "pool_timeout": 30, "pool_pre_ping": True, "hide_parameters": True}


def _read(raw: str, default: object) -> object:
    if default is MISSING:
        return raw
    if isinstance(default, bool):
        if raw.lower() in {"1", "on", "true", "yes"}:
            return True
        if raw.lower() in {"0", "off", "false", "no", ""}:
            return False
        raise ValueError("must be on or off")
    if isinstance(default, int | float):
        try:
            return type(default)(raw)
        except ValueError:
            raise ValueError("must be a number") from None
    return raw


def _unsafe(settings: Settings) -> list[str]:
    problems = []
    if settings.secret_key and len(settings.secret_key) < 32:
        problems.append("VO_SECRET_KEY must have at least 32 characters")
    if urlsplit(settings.public_url).scheme not in {"http", "https"} or not urlsplit(settings.public_url).hostname:
        problems.append("VO_PUBLIC_URL must be an http or https address")
    if not settings.bind.rpartition(":")[2].isdigit():
        problems.append("VO_BIND must be ADDRESS:PORT")
    if not settings.loopback:
        for field in ("demo", "test_failpoint", "test_clock_shift"):
            if getattr(settings, field):
                problems.append(f"VO_{field.upper()} needs a loopback VO_BIND and VO_PUBLIC_URL")
        if not settings.rate_limits:
            problems.append("VO_RATE_LIMITS=off needs a loopback VO_BIND and VO_PUBLIC_URL")
        if not settings.test_claims_key:
            problems.append("VO_TEST_CLAIMS_KEY=off needs a loopback VO_BIND and VO_PUBLIC_URL")
        if not settings.secure:
            problems.append("VO_PUBLIC_URL must start with https:// unless it and VO_BIND stay on this machine")
        if settings.staff_second_factor == "optional":
            problems.append("VO_STAFF_SECOND_FACTOR=optional needs a loopback VO_BIND and VO_PUBLIC_URL")
    problems += _unsafe_sign_in(settings)
    if (settings.demo or not settings.rate_limits) and settings.trusted_proxies:
        problems.append("VO_TRUSTED_PROXIES can not be used with VO_DEMO or VO_RATE_LIMITS=off")
    if bool(settings.turn_urls) != bool(settings.turn_secret):
        problems.append("VO_TURN_URLS and VO_TURN_SECRET belong together")
    if unknown := [code for code in settings.language_codes if not code.replace("-", "").isalpha()]:
        problems.append(f"VO_LANGUAGES has {len(unknown)} unreadable codes")
    for field in ("brand", "brand_dark"):
        value = getattr(settings, field)
        if value and not (
            len(value) == 7 and value[0] == "#" and all(c in "0123456789abcdefABCDEF" for c in value[1:])
        ):
            problems.append(f"VO_{field.upper()} must be a colour like #0b5351")
    for field in ("codes", "chat", "letters", "calls", "bookings", "registrations", "audit"):
        if not 1 <= getattr(settings, f"keep_{field}_days") <= 36_500:
            problems.append(f"VO_KEEP_{field.upper()}_DAYS must be from 1 to 36500")
    if not 0 <= settings.travel_minutes <= 720:
        problems.append("VO_TRAVEL_MINUTES must be from 0 to 720")
    if not 1 <= settings.hold_minutes <= 60:
        problems.append("VO_HOLD_MINUTES must be from 1 to 60")
    if not 1 <= settings.lease <= 600:
        problems.append("VO_LEASE must be from 1 to 600")
    if settings.smtp_url and urlsplit(settings.smtp_url).scheme not in {"smtp", "smtps"}:
        problems.append("VO_SMTP_URL must start with smtp:// or smtps://")
    problems += _unsafe_texts(settings)
    problems += _unsafe_media(settings)
    return problems


def _unsafe_media(settings: Settings) -> list[str]:
    problems = []
    if not 0 <= settings.media_processes <= 64:
        problems.append("VO_MEDIA_PROCESSES must be from 0 to 64")
    if settings.media_folder and not (Path(settings.media_folder).is_absolute() and settings.secret_key):
        problems.append("VO_MEDIA_FOLDER must be an absolute path, and needs VO_SECRET_KEY")
    last = settings.media_udp_port + max(0, settings.media_processes - 1)
    if settings.media_udp_port and (settings.media_udp_port < 1024 or last > 65535):
        problems.append("VO_MEDIA_UDP_PORT must be 0, or from 1024 to 65535 with room for every forwarding unit")
    for origin in settings.whip_origins.replace(",", " ").split():
        at = urlsplit(origin)
        if at.scheme not in {"http", "https"} or not at.hostname or origin != f"{at.scheme}://{at.netloc}":
            problems.append("VO_WHIP_ORIGINS must be origins like https://studio.example.org with commas between them")
            break
    for address in settings.media_addresses:
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            problems.append("VO_MEDIA_PUBLIC_IP must be IP addresses with commas between them")
            break
        if found.is_unspecified or found.is_multicast or found.is_link_local:
            problems.append("VO_MEDIA_PUBLIC_IP has an address that nobody can send to")
        elif found.is_loopback and not settings.loopback:
            problems.append("VO_MEDIA_PUBLIC_IP on this machine needs a loopback VO_BIND and VO_PUBLIC_URL")
    return problems


def _unsafe_texts(settings: Settings) -> list[str]:
    problems = []
    if settings.sms_url == CONSOLE:
        if not _is_loopback(urlsplit(settings.public_url).hostname or ""):
            problems.append("VO_SMS_URL=console needs a loopback VO_PUBLIC_URL")
    elif bool(settings.sms_url) != bool(settings.sms_secret):
        problems.append("VO_SMS_URL and VO_SMS_SECRET belong together")
    if settings.sms_secret and len(settings.sms_secret) < 16:
        problems.append("VO_SMS_SECRET must have at least 16 characters")
    for name, url in (("VO_SMS_URL", settings.sms_url), ("VO_SHORT_URL", settings.short_url)):
        at = urlsplit(url)
        local = at.scheme == "http" and _is_loopback(at.hostname or "")
        if url and url != CONSOLE and not ((at.scheme == "https" and at.hostname) or local):
            problems.append(f"{name} must be an https address")
    if not 0.1 <= settings.mail_pace <= 10_000:
        problems.append("VO_MAIL_PACE must be from 0.1 to 10000")
    return problems


def _unsafe_sign_in(settings: Settings) -> list[str]:
    problems = []
    if settings.staff_second_factor not in {"", "required", "optional"}:
        problems.append("VO_STAFF_SECOND_FACTOR must be required or optional")
    if settings.staff_second_factor == "required" and settings.demo:
        problems.append("VO_STAFF_SECOND_FACTOR=required can not be used with VO_DEMO")
    if len({bool(settings.oidc_issuer), bool(settings.oidc_client_id), bool(settings.oidc_client_secret)}) > 1:
        problems.append("VO_OIDC_ISSUER, VO_OIDC_CLIENT_ID and VO_OIDC_CLIENT_SECRET belong together")
    if settings.oidc_issuer and not _is_safe_address(settings.oidc_issuer):
        problems.append("VO_OIDC_ISSUER must start with https:// (http:// on this machine only)")
    return problems


def _is_safe_address(address: str) -> bool:
    parts = urlsplit(address)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname or ""))
    )


def _host(bind: str) -> str:
    return bind.rpartition(":")[0].strip("[]")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
