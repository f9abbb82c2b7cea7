"""Accounts to try the shop with, one of each kind.

They are in the local AWS and nowhere else: it is called with made-up credentials. Their password stands here.
"""

from __future__ import annotations

from typing import Any

PASSWORD = "only on this machine"  # noqa: S105 - it opens nothing but a laptop's own shop
PEOPLE = {
    "ada@example.com": None,
    "courier@example.com": "courier",
    "support@example.com": "support",
    "admin@example.com": "admin",
}
"""Their addresses, each with its role; None is a customer."""


def add_people(cognito: Any, pool: str) -> str:
    """Make the accounts by a client of the local AWS, in a pool without any; return what to tell of them."""
    for email, role in PEOPLE.items():
        add_person(cognito, pool, email)
        if role:
            cognito.admin_add_user_to_group(UserPoolId=pool, Username=email, GroupName=role)
    return f"sign in as {', '.join(PEOPLE)} with the password {PASSWORD!r}"


def add_person(cognito: Any, pool: str, email: str) -> None:
    """Make an account of a customer, whose address is confirmed."""
    person = {"UserPoolId": pool, "Username": email}
    attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
    cognito.admin_create_user(**person, UserAttributes=attributes, MessageAction="SUPPRESS")
    cognito.admin_set_user_password(**person, Password=PASSWORD, Permanent=True)
