"""Where the internet arrives: domain, firewall, CDN, gateway, and who people are."""

from typing import Annotated, Literal

from pydantic import Field

from infra.settings.section import Section

HOST = r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}"

HostName = Annotated[str, Field(pattern=f"^{HOST}$", max_length=200, examples=["shop.example.com"])]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$", examples=["CH"])]
Origin = Annotated[str, Field(pattern=rf"^(\*|https?://({HOST}|localhost)(:\d+)?)$")]
RouteKey = Annotated[str, Field(pattern=r"^(\$default|(ANY|GET|HEAD|OPTIONS|POST|PUT|PATCH|DELETE) /\S*)$")]
Target = Literal["function", "services"]
RuleGroup = Literal["common", "known_bad_inputs", "sql_injection", "ip_reputation", "anonymous_ip", "linux"]

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'none'"
)


class Domain(Section):
    """A domain of one's own. Without one, everything answers at the names that AWS gives."""

    name: HostName | None = Field(
        None, description="The shop's name; its API answers at api.<name>, its load balancer at lb.<name>."
    )
    aliases: tuple[HostName, ...] = Field(
        (), description="Further names of the shop, in the same zone.", examples=["www.shop.example.com"]
    )
    hosted_zone_id: str | None = Field(
        None,
        pattern=r"^Z[A-Z0-9]{1,31}$",
        examples=["Z0123456789ABCDEFGHIJ"],
        description="The Route 53 zone that exists already and holds the name.",
    )
    create_zone: bool = Field(default=False, description="Make a zone for the name.")
    delegated: bool = Field(
        default=False,
        description="The parent zone names the name servers of the zone that create_zone made; "
        "certificates and records wait for it, since AWS could not check them before.",
    )

    @property
    def in_use(self) -> bool:
        """Whether names in the domain can be resolved, and so used."""
        return self.name is not None and (self.hosted_zone_id is not None or self.delegated)


class Waf(Section):
    """The firewall for web requests."""

    enabled: bool = Field(description="Put a firewall before the CDN; about 10 USD a month and 1 a million.")
    regional: bool = Field(default=False, description="Put one before the load balancer, too.")
    rate_limit: int = Field(
        ge=10, le=2_000_000_000, description="Requests in five minutes from one address; more are refused."
    )
    rule_groups: tuple[RuleGroup, ...] = Field(
        ("common", "known_bad_inputs", "sql_injection", "ip_reputation"),
        description="Sets of rules that AWS keeps, in the order in which they are asked.",
        examples=["common"],
    )
    count: dict[RuleGroup, tuple[str, ...]] = Field(
        {},
        description="Rules, by their group, that count what they match and let it pass; an empty list is "
        "the whole group.",
    )
    log: Literal["refused", "all"] = Field(
        "refused", description="Which requests are logged; refused ones include those that are counted."
    )


class MediaKey(Section):
    """A key that signs addresses of private media: `blueprint media key --write STACK` makes it."""

    public_key: str = Field(
        pattern=r"^-----BEGIN PUBLIC KEY-----\n[A-Za-z0-9+/=\n]+\n-----END PUBLIC KEY-----\n$",
        description="Its public part, in PEM, by which CloudFront knows what it signed.",
    )
    secret_arn: str = Field(
        pattern=r"^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:\S+$",
        description="The secret with its private part.",
    )


class Cdn(Section):
    """CloudFront before the site and the services."""

    price_class: Literal["PriceClass_100", "PriceClass_200", "PriceClass_All"] = Field(
        description="Where edges are used: Europe and North America, most of the world, or everywhere."
    )
    logs: bool = Field(description="Keep a line of every request, in a bucket.")
    probe: bool = Field(description="Ask for the shop from around the world; about 2 USD a month.")
    origin_shield: str | None = Field(
        None,
        examples=["us-east-1"],
        description="Region whose cache stands between all edges and the services; costs by the request.",
    )
    allowed_countries: tuple[Country, ...] = Field(
        (), description="The only countries that are served; none is every country.", examples=["CH"]
    )
    refused_countries: tuple[Country, ...] = Field(
        (), description="Countries that are not served.", examples=["CH"]
    )
    content_security_policy: str = Field(
        CONTENT_SECURITY_POLICY,
        max_length=1_500,  # CloudFront has a quota for it, which is above this
        description="What the site's pages may load, and from where.",
    )
    media_keys: tuple[MediaKey, ...] = Field(
        (),
        max_length=5,  # what CloudFront takes in a group
        description="Keys for private media, as `blueprint media key` prints them; the first signs.",
    )


class Cors(Section):
    """Which other sites' pages may call the API."""

    origins: tuple[Origin, ...] = Field(
        (), description="Sites such as https://example.com, or *; none is none.", examples=["https://a.com"]
    )
    credentials: bool = Field(default=False, description="With cookies and Authorization.")
    max_age: int = Field(300, ge=0, le=86_400, description="Seconds that a browser remembers the answer.")


class Route(Section):
    """How one route of the gateway is answered."""

    target: Target | None = Field(None, description="What answers; unset is the gateway's own target.")
    rate: int | None = Field(None, ge=1, le=10_000, description="Requests a second, sustained.")
    burst: int | None = Field(None, ge=1, le=5_000, description="Requests at once, for a moment.")
    signed_in: bool = Field(default=False, description="Only for requests with a token of the user pool.")


class Gateway(Section):
    """The HTTP API before the API's function, or as the front door of the services."""

    target: Target = Field(
        "function",
        description="What answers routes that do not say: the API's function, or the services, through the "
        "load balancer.",
    )
    routes: dict[RouteKey, Route] = Field(
        {},
        description="Routes that are answered in another way than the others: "
        "`POST /orders: {rate: 10, burst: 20, signed_in: true}`.",
    )
    cors: Cors = Cors()


class Identity(Section):
    """Who people are: a Cognito user pool."""

    tier: Literal["LITE", "ESSENTIALS", "PLUS"] = Field("ESSENTIALS", description="Cognito's feature plan.")
    threat_protection: Literal["OFF", "AUDIT", "ENFORCED"] = Field(
        "OFF", description="Watch for, or refuse, risky sign-ins; needs the tier PLUS."
    )
    mfa: Literal["OFF", "OPTIONAL", "ON"] = Field("OPTIONAL", description="Codes of an authenticator app.")
    password_length: int = Field(12, ge=8, le=99, description="Characters of a password at least.")
    access_token_minutes: int = Field(60, ge=5, le=1_440, description="Minutes that a token is good for.")
    refresh_token_days: int = Field(30, ge=1, le=3_650, description="Days until one must sign in again.")
    ses: bool = Field(
        default=False,
        description="Send its mail as email_sender, by SES; Cognito by itself sends 50 mails a day.",
    )
