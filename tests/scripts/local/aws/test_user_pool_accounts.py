"""Cognito: accounts that wait for a code, and sessions that end."""

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from tests.waiting import PATIENCE

Aws = Callable[[str], Any]

PHRASE = "Correct-horse-battery-1"
ADMIN = "ADMIN_USER_PASSWORD_AUTH"


class Pool:
    """A user pool with a client, and somebody who registers."""

    def __init__(self, aws: Aws, *flows: str) -> None:
        self.cognito = aws("cognito-idp")
        pool = self.cognito.create_user_pool(
            PoolName="people", UsernameAttributes=["email"], AutoVerifiedAttributes=["email"]
        )
        self.id = pool["UserPool"]["Id"]
        client = self.cognito.create_user_pool_client(
            UserPoolId=self.id, ClientName="shop", ExplicitAuthFlows=list(flows)
        )
        self.client = {"ClientId": client["UserPoolClient"]["ClientId"]}

    def sign_up(self, email: str) -> None:
        self.cognito.sign_up(**self.client, Username=email, Password=PHRASE)

    def confirm(self, email: str, code: str) -> None:
        self.cognito.confirm_sign_up(**self.client, Username=email, ConfirmationCode=code)

    def sign_in(self, email: str) -> dict[str, Any]:
        answer = self.cognito.admin_initiate_auth(
            UserPoolId=self.id,
            **self.client,
            AuthFlow=ADMIN,
            AuthParameters={"USERNAME": email, "PASSWORD": PHRASE},
        )
        found: dict[str, Any] = answer["AuthenticationResult"]
        return found

    def refresh(self, token: str) -> None:
        self.cognito.initiate_auth(
            **self.client, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters={"REFRESH_TOKEN": token}
        )


@pytest.fixture
def pool(aws: Aws) -> Pool:
    return Pool(aws, f"ALLOW_{ADMIN}", "ALLOW_REFRESH_TOKEN_AUTH")


def codes(endpoint: str, email: str) -> list[str]:
    """Return the codes that were mailed to an address, the oldest first."""
    messages = httpx.get(f"{endpoint}/_blueprint/mailbox", timeout=PATIENCE).json()["messages"]
    own = [message["body"] for message in messages if message["destinations"] == [email]]
    return [found[0] for body in own if (found := re.search(r"\b\d{6}\b", body))]


def other(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_an_account_signs_in_once_it_has_sent_the_code_that_was_mailed(pool: Pool, endpoint: str) -> None:
    pool.sign_up("ada@example.com")
    with pytest.raises(ClientError, match="UserNotConfirmedException"):
        pool.sign_in("ada@example.com")
    [code] = codes(endpoint, "ada@example.com")
    with pytest.raises(ClientError, match="CodeMismatchException"):
        pool.confirm("ada@example.com", other(code))

    pool.confirm("ada@example.com", code)

    with pytest.raises(ClientError, match="Current status is CONFIRMED"):
        pool.confirm("ada@example.com", code)
    assert pool.sign_in("ada@example.com")["AccessToken"]


def test_only_the_newest_code_counts(pool: Pool, endpoint: str) -> None:
    pool.sign_up("bob@example.com")
    pool.cognito.resend_confirmation_code(**pool.client, Username="bob@example.com")
    first, second = codes(endpoint, "bob@example.com")
    if first != second:
        with pytest.raises(ClientError, match="CodeMismatchException"):
            pool.confirm("bob@example.com", first)
    pool.confirm("bob@example.com", second)

    with pytest.raises(ClientError, match="already confirmed"):
        pool.cognito.resend_confirmation_code(**pool.client, Username="bob@example.com")
    with pytest.raises(ClientError, match="UserNotFoundException"):
        pool.cognito.resend_confirmation_code(**pool.client, Username="nobody@example.com")


def test_a_revoked_session_cannot_be_renewed_and_the_others_can(pool: Pool, endpoint: str) -> None:
    pool.sign_up("eve@example.com")
    pool.confirm("eve@example.com", codes(endpoint, "eve@example.com")[0])
    ended, kept = (pool.sign_in("eve@example.com") for _ in range(2))

    pool.cognito.revoke_token(**pool.client, Token=ended["RefreshToken"])

    with pytest.raises(ClientError, match="NotAuthorizedException"):
        pool.refresh(ended["RefreshToken"])
    with pytest.raises(ClientError, match="NotAuthorizedException"):
        pool.cognito.get_user(AccessToken=ended["AccessToken"])
    pool.refresh(kept["RefreshToken"])
    pool.cognito.get_user(AccessToken=kept["AccessToken"])


def test_a_client_signs_nobody_in_by_a_flow_that_it_may_not(aws: Aws) -> None:
    pool = Pool(aws, "ALLOW_USER_SRP_AUTH")
    with pytest.raises(ClientError, match="Auth flow not enabled"):
        pool.sign_in("ada@example.com")


def test_moto_itself_still_takes_any_code_and_resends_none(moto: Aws) -> None:
    pool = Pool(moto, f"ALLOW_{ADMIN}")
    pool.sign_up("ada@example.com")
    assert pool.sign_in("ada@example.com")["AccessToken"]
    pool.confirm("ada@example.com", "000000")
    for operation in ("resend_confirmation_code", "revoke_token"):
        with pytest.raises(ClientError):
            getattr(pool.cognito, operation)(
                **pool.client, **({"Token": "t"} if operation == "revoke_token" else {"Username": "u"})
            )


@pytest.mark.parametrize(
    ("policy", "takes"),
    [
        ({"MinimumLength": 12}, True),
        ({"MinimumLength": 12, "RequireNumbers": True}, False),
        ({"MinimumLength": 99}, False),
    ],
)
def test_a_password_has_what_the_policy_asks_for_and_no_more(
    aws: Aws, policy: dict[str, Any], *, takes: bool
) -> None:
    cognito = aws("cognito-idp")
    pool = cognito.create_user_pool(PoolName="plain", Policies={"PasswordPolicy": policy})["UserPool"]["Id"]
    cognito.admin_create_user(UserPoolId=pool, Username="ada", MessageAction="SUPPRESS")

    def set_password() -> None:
        sentence = "only small letters"
        cognito.admin_set_user_password(UserPoolId=pool, Username="ada", Password=sentence, Permanent=True)

    if takes:
        set_password()
        return
    with pytest.raises(ClientError, match="InvalidPasswordException"):
        set_password()
