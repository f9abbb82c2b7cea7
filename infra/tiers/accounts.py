"""Who people are, and so what they may do: the user pool that every part of the shop asks."""

from infra.components.identity import Identity, IdentityArgs, Sender
from infra.tiers.events import Events


def accounts(events: Events) -> Identity:
    """The user pool of a stack, in the region of its events; its mail may come from their sender."""
    region = events.region
    settings = region.settings.identity
    sender = Sender(address=events.email.sender, identity_arn=events.email.arn) if settings.ses else None
    args = IdentityArgs(
        tier=settings.tier,
        threat_protection=settings.threat_protection,
        mfa=settings.mfa,
        password_length=settings.password_length,
        access_token_minutes=settings.access_token_minutes,
        refresh_token_days=settings.refresh_token_days,
        sender=sender,
        protect=region.settings.protect,
    )
    return Identity("identity", args, region.opts)
