"""What the shop's processes are told by their environment."""

import json

from scripts.evaluation.recorder import Recording

ACCOUNT = "123456789012"  # moto's


def values(recording: Recording) -> dict[str, str]:
    """The shop's parameters by the last part of their names."""
    found = recording.of("ssm/parameter:Parameter")
    return {it.inputs["name"].rpartition("/")[2]: it.inputs["value"] for it in found}


def variables(recording: Recording, function: str) -> dict[str, str]:
    """A function's environment."""
    inputs = recording.one("lambda/function:Function", function).inputs
    environment: dict[str, str] = inputs["environment"]["variables"]
    return environment


def test_the_shop_is_told_everything_it_needs(local: Recording) -> None:
    pool = "blueprint-local-identity.cognito.example.com:5432"
    queue = "https://sqs.us-east-1.amazonaws.com/123456789012/blueprint-local-payment-capture.fifo"
    assert values(local) == {
        "STACK": "local",
        "STAGE": "dev",
        "SERVICE": "shop",
        "LOG_LEVEL": "INFO",
        "DATABASE_WRITER": "blueprint-local-shop.rds.example.com:5432",
        "DATABASE_READERS": "blueprint-local-shop-replica-1.rds.example.com:5432",
        "DATABASE_NAME": "shop",
        "DATABASE_SECRET_ARN": "arn:aws:secretsmanager:us-east-1:123456789012:shop-database-1a2b3c4",
        "DATABASE_SSLMODE": "prefer",
        "CACHE_URL": "redis://shop-1a2b3c4.elasticache.example.com:6379/0",
        "EVENT_BUS": "blueprint-local-shop",
        "PAYMENTS_QUEUE_URL": queue,
        "SALES_STREAM": "blueprint-local-sales",
        "MEDIA_STREAM": "blueprint-local-media",
        "MEDIA_BUCKET": f"blueprint-local-media-{ACCOUNT}",
        "POSITIONS_STREAM": "blueprint-local-positions",
        "IDENTITY_POOL_ID": "identity-id",
        "IDENTITY_CLIENT_ID": "identity-storefront-id",
        "IDENTITY_ISSUER": f"https://{pool}",
        "IDENTITY_KEYS_URL": f"https://{pool}/.well-known/jwks.json",
        "IDENTITY_PASSWORD_LENGTH": "12",
        "SITE_BUCKET": f"blueprint-local-site-{ACCOUNT}",
        "CARTS_TABLE": "blueprint-local-carts",
        "REVIEWS_TABLE": "blueprint-local-reviews",
        "CHAT_TABLE": "blueprint-local-chat",
        "LEASES_TABLE": "blueprint-local-leases",
        "PROXIES": "2",
        "PAYMENTS_SECRET_ARN": "arn:aws:secretsmanager:us-east-1:123456789012:payments-1a2b3c4",
    }


def test_the_api_is_told_the_same_as_the_instances_but_what_only_they_do(local: Recording) -> None:
    """It puts no pictures anywhere, relays no outbox, and is told by Lambda who calls."""
    assert values(local).items() - variables(local, "api").items() == {
        ("SITE_BUCKET", f"blueprint-local-site-{ACCOUNT}"),
        ("LEASES_TABLE", "blueprint-local-leases"),
        ("PROXIES", "2"),
    }
    assert variables(local, "api").items() <= values(local).items()


def test_consumers_are_told_no_more_than_they_use(local: Recording) -> None:
    database = {"DATABASE_WRITER", "DATABASE_NAME", "DATABASE_SECRET_ARN", "DATABASE_SSLMODE", "LOG_LEVEL"}
    assert variables(local, "position-writer").keys() == database
    assert variables(local, "order-notifications").keys() == database | {"IDEMPOTENCY_TABLE", "EMAIL_SENDER"}
    assert variables(local, "order-inventory").keys() == database
    assert variables(local, "payment-capture").keys() == database
    assert variables(local, "media-renditions").keys() == {"LOG_LEVEL"}
    assert variables(local, "media-captions").keys() == {"MEDIA_BUCKET", "LOG_LEVEL"}
    assert variables(local, "sales-aggregator").keys() == {"SALES_TABLE", "LOG_LEVEL"}
    assert variables(local, "dead-letter-handler").keys() == {
        "DEAD_LETTER_QUEUES",
        "DEAD_LETTERS_TABLE",
        "LOG_LEVEL",
    }


def test_without_replicas_there_is_no_list_of_readers(dev: Recording) -> None:
    assert "DATABASE_READERS" not in values(dev)


def test_encryption_in_transit_is_told_to_the_shop(dev: Recording) -> None:
    assert values(dev)["CACHE_URL"].startswith("rediss://")
    assert values(dev)["DATABASE_SSLMODE"] == "require"


def test_parameters_stand_below_project_stack_and_service(local: Recording, dev: Recording) -> None:
    def paths(recording: Recording) -> set[str]:
        return {it.inputs["name"].rpartition("/")[0] for it in recording.of("ssm/parameter:Parameter")}

    assert paths(local) == {"/blueprint/local/shop"}
    assert paths(dev) == {"/blueprint/dev/shop"}


def test_every_dead_letter_is_described(any_stack: Recording) -> None:
    """Whatever takes what others could not process is looked at."""
    urls = json.loads(variables(any_stack, "dead-letter-handler")["DEAD_LETTER_QUEUES"])
    queues = [it.inputs["name"] for it in any_stack.of("sqs/queue:Queue") if "redrivePolicy" not in it.inputs]
    assert sorted(url.rpartition("/")[2] for url in urls) == sorted(queues)
