"""What looks like a secret, and what does not.

Some are put together from parts, so that nobody's scanner takes them for leaked ones.
"""

import pytest

from infra.policies.secret_shapes import secret_in, secrets_assigned

NAMED = "its name says that it is secret"
RANDOM = "it looks like a generated secret"


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("DB_PASSWORD", "hunter2", NAMED),
        ("apiKey", "abc", NAMED),
        ("SIGNING-KEY", "abc", NAMED),
        ("X", "AKIAIOSFODNN7EXAMPLE", "it holds an AWS access key"),
        ("X", "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIE", "it holds a private key"),
        ("X", "ghp_" + "a1B2" * 9, "it holds a GitHub token"),
        ("X", "xox" + "b-123456789012-abcdef", "it holds a Slack token"),
        ("X", "sk_" + "live_4eC39HqLyjWDarjtT1zdp7dc", "it holds a Stripe key"),
        (
            "X",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
            "it holds a signed token",
        ),
        ("X", "postgres://shop:hunter2@db:5432/shop", "it holds a password in an address"),
        ("X", "wJalrXUtnFEMI7K8MDENGbPxRfiCYzEXAMPLEKEY", RANDOM),
    ],
)
def test_a_secret_is_told_by_its_name_or_its_shape(name: str, value: str, reason: str) -> None:
    assert secret_in(name, value) == reason


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_SECRET_ARN", "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop-database-AbCdEf"),
        ("DATABASE_PASSWORD", "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop"),
        ("TOKEN", "/blueprint/dev/shop/TOKEN"),
        ("TOKEN_TTL", "3600"),
        ("REQUIRE_TOKEN", "true"),
        ("DIGEST", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
        ("QUEUE", "https://sqs.us-east-1.amazonaws.com/123456789012/Blueprint-Prod-Order-Notifications"),
        ("CACHE_URL", "rediss://shop.abc123.use1.cache.amazonaws.com:6379/0"),
        ("USER_POOL_CLIENT", "4f8e1k2p9m0q3s5t7v6w8x0y1z"),
    ],
)
def test_what_only_points_at_a_secret_or_is_long_is_none(name: str, value: str) -> None:
    assert secret_in(name, value) is None


def test_a_script_gives_away_what_it_sets() -> None:
    lines = (
        'export DB_PASSWORD="hunter2"',
        "TOKEN=$(fetch)",
        "status, token = api.fetch(60)",
        "api_key: abc",
        "SECRET_ARN=arn:aws:x",
    )
    script = "\n".join(lines)
    assert list(secrets_assigned(script)) == ["it gives DB_PASSWORD a value", "it gives api_key a value"]
