"""Cognito: a new account is confirmed by the code that is mailed to it, and a session can be ended.

Needed for moto 5.2.5, which takes any code, mails none, ends no single session, and signs in by a password
whom nobody has confirmed and through clients that may not. Codes are in the mailbox of the local AWS.
"""

import secrets

import jwt
from moto.cognitoidp.exceptions import (
    CodeMismatchException,
    InvalidParameterException,
    NotAuthorizedError,
    UserNotConfirmedException,
    UserNotFoundError,
)
from moto.cognitoidp.models import CognitoIdpBackend, CognitoIdpUser, CognitoIdpUserPool, UserStatus
from moto.cognitoidp.responses import CognitoIdpResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.moto_api._internal import mock_random
from moto.ses.models import Message, ses_backends

SENDER = "no-reply@verificationemail.com"
CODE = "sign_up_code"
FLOW = "ADMIN_USER_PASSWORD_AUTH"

_sign_up = CognitoIdpBackend.sign_up
_confirm = CognitoIdpResponse.confirm_sign_up
_initiate = CognitoIdpBackend.admin_initiate_auth


def install() -> None:
    """Mail codes and ask for them; add the operations that moto lacks."""
    CognitoIdpBackend.sign_up = _sign_up_with_code  # type: ignore[method-assign]
    CognitoIdpResponse.confirm_sign_up = _confirm_by_code  # type: ignore[method-assign]
    CognitoIdpBackend.admin_initiate_auth = _initiate_if_allowed  # type: ignore[method-assign]
    for operation in (resend_confirmation_code, revoke_token):
        setattr(CognitoIdpResponse, operation.__name__, operation)


def resend_confirmation_code(self: CognitoIdpResponse) -> ActionResult:
    """ResendConfirmationCode: the last one is the one that counts."""
    pool, user = _found(self)
    if user.status is UserStatus.CONFIRMED:
        raise InvalidParameterException("User is already confirmed.")
    _mail_code(pool, user)
    delivery = {"AttributeName": "email", "DeliveryMedium": "EMAIL", "Destination": "a***@e***"}
    return ActionResult({"CodeDeliveryDetails": delivery})


def revoke_token(self: CognitoIdpResponse) -> EmptyResult:
    """RevokeToken: a refresh token, and the access tokens that came of it."""
    pool, token = _pool_of(self), self._get_param("Token")
    if known := pool.refresh_tokens.get(token):
        _, _, origin = known
        pool.refresh_tokens[token] = None
        for access_token in list(pool.access_tokens):
            if jwt.decode(access_token, options={"verify_signature": False})["origin_jti"] == origin:
                del pool.access_tokens[access_token]
    return EmptyResult()


def _sign_up_with_code(
    self: CognitoIdpBackend, client_id: str, username: str, password: str, attributes: list[dict[str, str]]
) -> tuple[CognitoIdpUser, object]:
    user, delivery = _sign_up(self, client_id, username, password, attributes)
    if "email" in user.attribute_lookup:
        _mail_code(self.user_pools[user.user_pool_id], user)
    return user, delivery


def _confirm_by_code(self: CognitoIdpResponse) -> ActionResult:
    _, user = _found(self)
    if user.status is UserStatus.CONFIRMED:
        raise NotAuthorizedError("User cannot be confirmed. Current status is CONFIRMED")
    if vars(user).get(CODE) not in (None, self._get_param("ConfirmationCode")):
        raise CodeMismatchException("Invalid verification code provided, please try again.")
    return _confirm(self)


def _initiate_if_allowed(
    self: CognitoIdpBackend,
    user_pool_id: str,
    client_id: str,
    auth_flow: str,
    auth_parameters: dict[str, str],
) -> dict[str, object]:
    client = self.describe_user_pool(user_pool_id).clients.get(client_id)
    flows = client.extended_config.get("ExplicitAuthFlows") if client else None
    if auth_flow == FLOW and flows and f"ALLOW_{FLOW}" not in flows:
        raise InvalidParameterException("Auth flow not enabled for this client")
    answer = _initiate(self, user_pool_id, client_id, auth_flow, auth_parameters)
    username = auth_parameters.get("USERNAME")
    if username and self.admin_get_user(user_pool_id, username).status is UserStatus.UNCONFIRMED:
        raise UserNotConfirmedException("User is not confirmed.")
    return answer


def _mail_code(pool: CognitoIdpUserPool, user: CognitoIdpUser) -> None:
    code = f"{secrets.randbelow(1_000_000):06}"
    setattr(user, CODE, code)
    letter = Message(
        str(mock_random.uuid4()),
        SENDER,
        "Your verification code",
        f"Your confirmation code is {code}",
        {"ToAddresses": [user.attribute_lookup["email"]]},
    )
    ses_backends[pool.account_id][pool.region].sent_messages.append(letter)


def _found(response: CognitoIdpResponse) -> tuple[CognitoIdpUserPool, CognitoIdpUser]:
    pool = _pool_of(response)
    user = pool._get_user(response._get_param("Username"))
    if user is None:
        raise UserNotFoundError("User does not exist.")
    return pool, user


def _pool_of(response: CognitoIdpResponse) -> CognitoIdpUserPool:
    client_id = response._get_param("ClientId")
    backend = response._get_region_agnostic_backend()._find_backend_for_clientid(client_id)
    for pool in backend.user_pools.values():
        if client_id in pool.clients:
            return pool
    raise InvalidParameterException(f"User pool client {client_id} does not exist.")
