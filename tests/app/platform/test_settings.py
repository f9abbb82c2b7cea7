"""Settings from the environment."""

import pytest

from app.platform.settings import Address, Settings, SettingsError

COMPLETE = {
    "AWS_REGION": "us-east-1",
    "CARTS_TABLE": "carts",
    "REVIEWS_TABLE": "reviews",
    "CHAT_TABLE": "chat",
    "DATABASE_WRITER": "db.example.com:5432",
    "DATABASE_NAME": "shop",
    "DATABASE_SECRET_ARN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:database",
    "CACHE_URL": "rediss://cache.example.com:6379/0",
    "EVENT_BUS": "shop",
    "PAYMENTS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/payments.fifo",
    "SALES_STREAM": "sales",
    "MEDIA_STREAM": "media",
    "POSITIONS_STREAM": "positions",
    "IDENTITY_POOL_ID": "us-east-1_AbC123",
    "IDENTITY_CLIENT_ID": "1example23456789",
    "IDENTITY_ISSUER": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC123",
    "IDENTITY_KEYS_URL": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC123/.well-known/jwks.json",
    "IDENTITY_PASSWORD_LENGTH": "12",
}


def test_what_is_not_said_is_the_safe_choice() -> None:
    settings = Settings.from_environment(COMPLETE)

    assert settings.sslmode == "require"
    assert settings.readers == ()
    assert (settings.service, settings.log_level, settings.pool_size) == ("shop", "INFO", 10)


def test_readers_are_a_list_and_an_empty_variable_counts_as_absent() -> None:
    readers = "db-1.example.com:5432, db-2.example.com:6432"

    assert Settings.from_environment(COMPLETE | {"DATABASE_READERS": readers}).readers == (
        Address("db-1.example.com", 5432),
        Address("db-2.example.com", 6432),
    )
    assert Settings.from_environment(COMPLETE | {"DATABASE_READERS": "", "LOG_LEVEL": ""}).readers == ()


def test_everything_that_is_missing_or_wrong_is_told_at_once_with_the_remedy() -> None:
    wrong = {"DATABASE_WRITER": "db.example.com", "DATABASE_SSLMODE": "off", "DATABASE_POOL_SIZE": "0"}
    environment = {**COMPLETE, **wrong}
    del environment["CACHE_URL"]

    with pytest.raises(SettingsError) as raised:
        Settings.from_environment(environment)

    lines = str(raised.value).splitlines()
    assert lines[0] == "The environment of the shop is incomplete or wrong:"
    assert lines[1].startswith("  DATABASE_WRITER is 'db.example.com': it must be host:port.")
    assert lines[2].startswith("  DATABASE_SSLMODE is 'off': Input should be 'require' or 'prefer'.")
    assert lines[3].startswith("  DATABASE_POOL_SIZE is '0': Input should be greater than or equal to 1.")
    assert lines[4].startswith("  CACHE_URL is missing. It is redis://host:port/0")
    assert "Parameter Store" in lines[5]


DESTINATIONS = ("EVENT_BUS", "PAYMENTS_QUEUE_URL", "SALES_STREAM", "MEDIA_STREAM")


@pytest.mark.parametrize("destination", DESTINATIONS)
def test_events_do_not_go_nowhere(destination: str) -> None:
    with pytest.raises(SettingsError, match=rf"{destination} is '': it must be set, or EVENTS_REGION"):
        Settings.from_environment(COMPLETE | {destination: ""})


def test_a_queue_is_known_by_its_url() -> None:
    with pytest.raises(SettingsError, match=r"PAYMENTS_QUEUE_URL is 'payments'"):
        Settings.from_environment(COMPLETE | {"PAYMENTS_QUEUE_URL": "payments"})


def test_a_shop_in_another_region_than_the_events_need_not_know_where_they_go() -> None:
    elsewhere = {name: value for name, value in COMPLETE.items() if name not in DESTINATIONS}

    settings = Settings.from_environment(elsewhere | {"EVENTS_REGION": "eu-central-1"})

    assert (settings.events_region, settings.event_bus, settings.payments_queue_url) == (
        "eu-central-1",
        "",
        "",
    )
    with pytest.raises(SettingsError, match=r"EVENTS_REGION is 'Frankfurt'"):
        Settings.from_environment(COMPLETE | {"EVENTS_REGION": "Frankfurt"})


@pytest.mark.parametrize("address", ["host", ":5432", "host:", "host:0", "host:65536", "host:http"])
def test_an_address_is_a_host_and_a_port(address: str) -> None:
    with pytest.raises(SettingsError, match="DATABASE_WRITER"):
        Settings.from_environment(COMPLETE | {"DATABASE_WRITER": address})


def test_a_limit_is_a_rate_or_none() -> None:
    none = Settings.from_environment(COMPLETE | {"ACCOUNT_LIMIT": "none"})
    assert (none.account_limit, none.address_limit) == ("", "600/minute")

    with pytest.raises(SettingsError, match=r"ACCOUNT_LIMIT is 'often': .*such as 120/minute"):
        Settings.from_environment(COMPLETE | {"ACCOUNT_LIMIT": "often"})
