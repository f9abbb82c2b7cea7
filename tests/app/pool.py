"""A user pool of the local AWS, as the program makes one: people in it sign in for real."""

import re
from typing import Any

import httpx
import pytest

from tests.app.shop import client
from tests.waiting import PATIENCE

FLOWS = ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
GROUPS = ("admin", "courier", "support")
PHRASE = "correct horse battery"
"""A password that the pool takes: long, and free of rules on its letters."""


class Pool:
    """The pool, past the application."""

    def __init__(self, variables: dict[str, str]) -> None:
        self.endpoint = variables["AWS_ENDPOINT_URL"]
        self.cognito = client(variables, "cognito-idp")
        rules = {"MinimumLength": 12} | {
            f"Require{kind}": False for kind in ("Lowercase", "Uppercase", "Numbers", "Symbols")
        }
        created = self.cognito.create_user_pool(
            PoolName="people",
            UsernameAttributes=["email"],
            AutoVerifiedAttributes=["email"],
            Policies={"PasswordPolicy": rules},
        )
        self.id = str(created["UserPool"]["Id"])
        client_of_pool = self.cognito.create_user_pool_client(
            UserPoolId=self.id, ClientName="shop", ExplicitAuthFlows=FLOWS
        )
        self.client_id = str(client_of_pool["UserPoolClient"]["ClientId"])
        for group in GROUPS:
            self.cognito.create_group(UserPoolId=self.id, GroupName=group)

    @property
    def variables(self) -> dict[str, str]:
        """What leads a shop to it."""
        return {
            "IDENTITY_POOL_ID": self.id,
            "IDENTITY_CLIENT_ID": self.client_id,
            "IDENTITY_ISSUER": f"https://cognito-idp.us-east-1.amazonaws.com/{self.id}",
            "IDENTITY_KEYS_URL": f"{self.endpoint}/{self.id}/.well-known/jwks.json",
            "IDENTITY_PASSWORD_LENGTH": "12",
        }

    def used(self, patch: pytest.MonkeyPatch) -> dict[str, str]:
        """Have the shop of a test use it; return the variables that do so."""
        for variable, value in self.variables.items():
            patch.setenv(variable, value)
        return self.variables

    def codes(self, email: str) -> list[str]:
        """Return the codes that were mailed to an address, the oldest first."""
        answer = httpx.get(f"{self.endpoint}/_blueprint/mailbox", timeout=PATIENCE)
        messages: list[dict[str, Any]] = answer.json()["messages"]
        own = [message["body"] for message in messages if message["destinations"] == [email]]
        return [code for body in own for code in re.findall(r"\b\d{6}\b", body)]

    def add(self, email: str, *groups: str) -> str:
        """Make a confirmed account in these groups and return its subject."""
        user = self.cognito.admin_create_user(
            UserPoolId=self.id, Username=email, UserAttributes=[{"Name": "email", "Value": email}]
        )["User"]
        self.cognito.admin_set_user_password(
            UserPoolId=self.id, Username=email, Password=PHRASE, Permanent=True
        )
        for group in groups:
            self.cognito.admin_add_user_to_group(UserPoolId=self.id, Username=email, GroupName=group)
        return next(str(it["Value"]) for it in user["Attributes"] if it["Name"] == "sub")

    def sign_in(self, email: str) -> dict[str, str]:
        """Return the tokens of somebody who was added, as Cognito names them."""
        answer = self.cognito.admin_initiate_auth(
            UserPoolId=self.id,
            ClientId=self.client_id,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": email, "PASSWORD": PHRASE},
        )
        found: dict[str, str] = answer["AuthenticationResult"]
        return found
