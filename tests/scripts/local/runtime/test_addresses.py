"""Deployed addresses are replaced by local ones, whole and only whole."""

from pathlib import Path

from scripts.local.runtime.addresses import Addresses
from scripts.local.runtime.notes import Notes

AWS = "http://127.0.0.1:5000"


def test_an_address_is_replaced_wherever_it_stands_in_a_text() -> None:
    addresses = Addresses(AWS)
    assert addresses.translate("db.example:5432") == "db.example:5432"
    addresses.publish("db.example:5432", "127.0.0.1:20001", "database")
    addresses.publish("https://d1.cloudfront.net", "http://127.0.0.1:8000", "site")
    text = "redis://db.example:5432/0,https://d1.cloudfront.net/media"
    assert addresses.translate(text) == "redis://127.0.0.1:20001/0,http://127.0.0.1:8000/media"
    assert addresses.named() == {"database": "127.0.0.1:20001", "site": "http://127.0.0.1:8000"}


def test_a_part_of_another_address_is_not_replaced() -> None:
    addresses = Addresses(AWS)
    addresses.publish("db.example:543", "wrong")
    addresses.publish("example.net", "wrong")
    for text in (
        "db.example:5432",
        "other-db.example:543",
        "a.example.net",
        "example.net.evil",
        "example.network",
    ):
        assert addresses.translate(text) == text
    assert addresses.translate("at example.net.") == "at wrong."


def test_the_longest_address_wins_and_the_newest_local_one_counts() -> None:
    addresses = Addresses(AWS)
    addresses.publish("db.example", "127.0.0.1")
    addresses.publish("db.example:5432", "127.0.0.1:1")
    addresses.publish("db.example:5432", "127.0.0.1:2")
    assert addresses.translate("db.example:5432 db.example") == "127.0.0.1:2 127.0.0.1"


def test_an_address_of_aws_that_nothing_stands_for_is_missing() -> None:
    addresses = Addresses(AWS)
    cache = "cache.use1.cache.amazonaws.com:6379"
    texts = [f"redis://{cache}/0", "https://sqs.us-east-1.amazonaws.com/1/orders", "db.example.com:5432"]
    assert addresses.missing(texts) == [cache]
    addresses.publish(cache, "127.0.0.1:1")
    assert addresses.missing(texts) == []


def test_the_keys_of_a_user_pool_are_read_from_the_local_aws_and_its_issuer_keeps_its_name() -> None:
    issuer = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab9"
    addresses = Addresses(AWS)
    assert (
        addresses.translate(f"{issuer}/.well-known/jwks.json") == f"{AWS}/eu-west-1_Ab9/.well-known/jwks.json"
    )
    assert addresses.translate(issuer) == issuer


def test_the_next_runtime_knows_what_was_published(tmp_path: Path) -> None:
    notes = tmp_path / "addresses.json"
    Addresses(AWS, Notes(notes)).publish("db.rds.amazonaws.com:5432", "127.0.0.1:20001", "database")

    after = Addresses(AWS, Notes(notes))

    assert (
        after.translate("postgresql://db.rds.amazonaws.com:5432/shop") == "postgresql://127.0.0.1:20001/shop"
    )
    assert after.named() == {"database": "127.0.0.1:20001"}
