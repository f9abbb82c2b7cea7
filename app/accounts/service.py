"""Accounts in a Cognito user pool.

No answer tells whether an address has an account: what Cognito says of that is told as one and the same.
"""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError
from pydantic import SecretStr

from app.accounts.schemas import Confirmation, Credentials, Tokens
from app.platform.aws import Aws
from app.platform.identity import UnauthorizedError
from app.platform.problems import InvalidRequestError, ShopError

SERVICE = "cognito-idp"
LIMITS = ("LimitExceededException", "TooManyFailedAttemptsException")
WRONG_CODE = "It is wrong or has expired: ask for another"
WRONG_LOGIN = "The address or the password is wrong, or the address is not confirmed yet."

Refused = Mapping[str, ShopError | None]
"""What a refusal of Cognito, by its code, means to the client; None is nothing."""


class TooManyAttemptsError(ShopError):
    """Somebody tries too often."""

    status = 429
    headers: Mapping[str, str] = {"retry-after": "60"}


class Accounts:
    """Registers people, and signs them in and out."""

    def __init__(self, aws: Aws, pool_id: str, client_id: str, password_length: int) -> None:
        """Take the user pool and the client in it; a password has so many characters at the least."""
        self._aws = aws
        self._pool_id = pool_id
        self._client_id = client_id
        self._password_length = password_length

    async def register(self, new: Credentials) -> None:
        """Make an account and mail a code to its address, unless it has one.

        Raises:
            InvalidRequestError: the pool takes no such address or password.
            TooManyAttemptsError, UnavailableError: later, perhaps.
        """
        password = new.password.get_secret_value()
        # First, so that an address with an account is not told by its password passing.
        if len(password) < self._password_length or password != password.strip():
            raise _invalid("password", f"At least {self._password_length} characters, no space at either end")
        refused = {
            "UsernameExistsException": None,
            "InvalidPasswordException": _invalid("password", "Too easy to guess: choose another"),
            "InvalidParameterException": _invalid("email", "The shop takes no such address or password"),
        }
        await self._ask("sign_up", refused, Username=new.email, Password=password)

    async def confirm(self, confirmation: Confirmation) -> None:
        """Take the code that was mailed to a new account's address.

        Raises:
            InvalidRequestError: nobody waits for this code at this address.
            TooManyAttemptsError, UnavailableError: later, perhaps.
        """
        wrong = _invalid("code", WRONG_CODE)
        codes = ("CodeMismatch", "ExpiredCode", "UserNotFound", "NotAuthorized", "InvalidParameter")
        refused = {f"{code}Exception": wrong for code in codes}
        await self._ask(
            "confirm_sign_up", refused, Username=confirmation.email, ConfirmationCode=confirmation.code
        )

    async def send_code(self, email: str) -> None:
        """Mail another code, if an account waits for one.

        Raises:
            TooManyAttemptsError, UnavailableError: later, perhaps.
        """
        refused = dict.fromkeys(("UserNotFoundException", "InvalidParameterException"))
        await self._ask("resend_confirmation_code", refused, Username=email)

    async def sign_in(self, credentials: Credentials) -> Tokens:
        """Return tokens for somebody who knows the password.

        Raises:
            UnauthorizedError: they do not, or there is no such account, or it is not confirmed.
            TooManyAttemptsError, UnavailableError: later, perhaps.
        """
        wrong = UnauthorizedError(WRONG_LOGIN)
        codes = (
            "NotAuthorized",
            "UserNotFound",
            "UserNotConfirmed",
            "InvalidParameter",
            "PasswordResetRequired",
        )
        answer = await self._ask(
            "admin_initiate_auth",
            {f"{code}Exception": wrong for code in codes},
            UserPoolId=self._pool_id,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={
                "USERNAME": credentials.email,
                "PASSWORD": credentials.password.get_secret_value(),
            },
        )
        return _tokens(answer)

    async def refresh(self, refresh_token: SecretStr) -> Tokens:
        """Return a new access token.

        Raises:
            UnauthorizedError: the session has ended.
            TooManyAttemptsError, UnavailableError: later, perhaps.
        """
        token = refresh_token.get_secret_value()
        ended = UnauthorizedError("The session has ended: sign in again.")
        codes = ("NotAuthorized", "UserNotFound", "InvalidParameter", "PasswordResetRequired")
        answer = await self._ask(
            "initiate_auth",
            {f"{code}Exception": ended for code in codes},
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": token},
        )
        return _tokens(answer, renewed_by=token)

    async def sign_out(self, refresh_token: SecretStr) -> None:
        """End a session, if it has not ended: its access token holds until it expires.

        Raises:
            TooManyAttemptsError, UnavailableError: later, perhaps.
        """
        codes = ("NotAuthorized", "UnsupportedTokenType", "InvalidParameter")
        refused = dict.fromkeys(f"{code}Exception" for code in codes)
        await self._ask("revoke_token", refused, Token=refresh_token.get_secret_value())

    async def sign_out_everywhere(self, access_token: str) -> None:
        """End all sessions of the token's owner.

        Raises:
            UnauthorizedError: the token's session has ended.
            TooManyAttemptsError, UnavailableError: later, perhaps.
        """
        ended = UnauthorizedError("The session has ended already.", error="invalid_token")
        refused = {"NotAuthorizedException": ended}
        await self._call("global_sign_out", refused, AccessToken=access_token)

    async def _ask(self, operation: str, refused: Refused, **parameters: object) -> dict[str, Any]:
        """Call Cognito as the shop's client."""
        return await self._call(operation, refused, ClientId=self._client_id, **parameters)

    async def _call(self, operation: str, refused: Refused, **parameters: object) -> dict[str, Any]:
        try:
            return await self._aws.call(SERVICE, operation, **parameters)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in LIMITS:
                raise TooManyAttemptsError("Too many attempts: wait a while.") from None
            if code not in refused:
                raise
            if meaning := refused[code]:
                raise meaning from None
            return {}


def _invalid(field: str, detail: str) -> InvalidRequestError:
    return InvalidRequestError([{"pointer": f"#/{field}", "detail": detail}])


def _tokens(answer: Mapping[str, Any], renewed_by: str | None = None) -> Tokens:
    """Return what Cognito answered. Without a rotation, a refresh token stays what it is."""
    if "AuthenticationResult" not in answer:  # a password that an administrator gave, or a second factor
        raise UnauthorizedError("This account takes a further step, which the shop does not know.")
    result = answer["AuthenticationResult"]
    return Tokens(
        access_token=result["AccessToken"],
        expires_in=result["ExpiresIn"],
        refresh_token=result.get("RefreshToken", renewed_by),
    )
