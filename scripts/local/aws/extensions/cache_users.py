"""ElastiCache: groups of users, and changes of a user.

Needed for moto 5.2.5, which knows users, but no groups of them, and changes none. A user's passwords are
never answered, only how many there are. Groups live in the backend, so that a reset of moto clears them.
"""

import re
from collections.abc import Iterable
from typing import Any

from moto.core.responses import ActionResult
from moto.elasticache.exceptions import ElastiCacheException, UserNotFound
from moto.elasticache.models import ElastiCacheBackend, User
from moto.elasticache.responses import ElastiCacheResponse

Group = dict[str, Any]

TAGGED = "cluster|snapshot|subnetgroup|replicationgroup|user|usergroup|parametergroup"
"""What has tags, as ARNs spell it."""
MOST_PASSWORDS = 2

_create = ElastiCacheBackend.__init__


class GroupNotFoundError(ElastiCacheException):
    code = "UserGroupNotFound"

    def __init__(self, group_id: str) -> None:
        super().__init__(f"User Group {group_id} not found.")


class GroupAlreadyExistsError(ElastiCacheException):
    code = "UserGroupAlreadyExists"

    def __init__(self, group_id: str) -> None:
        super().__init__(f"User Group {group_id} already exists.")


class GroupInUseError(ElastiCacheException):
    code = "InvalidUserGroupState"

    def __init__(self, group_id: str) -> None:
        super().__init__(f"User Group {group_id} is associated with a replication group.")


class DefaultUserRequiredError(ElastiCacheException):
    code = "DefaultUserRequired"
    message = "User group needs to contain a user with the user name default."


class DuplicateUserNameError(ElastiCacheException):
    code = "DuplicateUserName"
    message = "A user group takes each user name once."


class PasswordRequiredError(ElastiCacheException):
    code = "InvalidParameterCombination"
    message = "A user group of engine valkey takes no users without a password."


class TooManyPasswordsError(ElastiCacheException):
    code = "InvalidParameterValue"
    message = f"A user has at most {MOST_PASSWORDS} passwords."


def install() -> None:
    """Add the operations to moto's ElastiCache, and let their resources have tags."""
    ElastiCacheBackend.__init__ = _create_with_tags  # type: ignore[method-assign]
    operations = (
        modify_user,
        create_user_group,
        describe_user_groups,
        modify_user_group,
        delete_user_group,
    )
    for operation in operations:
        setattr(ElastiCacheResponse, operation.__name__, operation)


def _create_with_tags(self: ElastiCacheBackend, region_name: str, account_id: str) -> None:
    _create(self, region_name, account_id)
    self.arn_regex = re.compile(rf"^arn:aws:elasticache:.*:[0-9]*:({TAGGED}):.*$")


def modify_user(self: ElastiCacheResponse) -> ActionResult:
    """ModifyUser: its rights, its engine, its passwords."""
    given = self._get_params()
    user = _user(self.elasticache_backend, given["UserId"])
    mode = given.get("AuthenticationMode", {})
    passwords = given.get("Passwords") or mode.get("Passwords")
    if len(passwords or []) > MOST_PASSWORDS:
        raise TooManyPasswordsError
    if passwords:
        user.passwords = list(passwords)
    user.authentication_type = mode.get("Type", user.authentication_type)
    user.access_string = given.get("AccessString", user.access_string)
    user.engine = given.get("Engine", user.engine).lower()
    return ActionResult(user)


def create_user_group(self: ElastiCacheResponse) -> ActionResult:
    """CreateUserGroup."""
    backend, given = self.elasticache_backend, self._get_params()
    group_id = given["UserGroupId"].lower()
    if group_id in _groups(backend):
        raise GroupAlreadyExistsError(group_id)
    group = {
        "UserGroupId": group_id,
        "Status": "active",
        "Engine": given["Engine"].lower(),
        "MinimumEngineVersion": "6.0",
        "UserIds": [],
        "ARN": f"arn:aws:elasticache:{backend.region_name}:{backend.account_id}:usergroup:{group_id}",
    }
    _fill(backend, group, given.get("UserIds", []))
    _groups(backend)[group_id] = group
    backend.tagging_service.tag_resource(group["ARN"], given.get("Tags", []))
    return ActionResult(group)


def describe_user_groups(self: ElastiCacheResponse) -> ActionResult:
    """DescribeUserGroups, in one page."""
    backend, group_id = self.elasticache_backend, self._get_param("UserGroupId")
    groups = [_found(backend, group_id)] if group_id else list(_groups(backend).values())
    described = [
        {**group, "ReplicationGroups": _followers(backend, group["UserGroupId"])} for group in groups
    ]
    return ActionResult({"UserGroups": described})


def modify_user_group(self: ElastiCacheResponse) -> ActionResult:
    """ModifyUserGroup: who is in it."""
    backend, given = self.elasticache_backend, self._get_params()
    group = _found(backend, given["UserGroupId"])
    gone = given.get("UserIdsToRemove", [])
    stay = [user_id for user_id in group["UserIds"] if user_id not in gone]
    _fill(backend, group, [*stay, *given.get("UserIdsToAdd", [])])
    return ActionResult(group)


def delete_user_group(self: ElastiCacheResponse) -> ActionResult:
    """DeleteUserGroup, unless a replication group lets its users in."""
    backend = self.elasticache_backend
    group = _found(backend, self._get_param("UserGroupId"))
    if _followers(backend, group["UserGroupId"]):
        raise GroupInUseError(group["UserGroupId"])
    del _groups(backend)[group["UserGroupId"]]
    _tell_users(backend)
    return ActionResult({**group, "Status": "deleting"})


def _fill(backend: ElastiCacheBackend, group: Group, user_ids: Iterable[str]) -> None:
    """Have these users and no others in the group, as far as ElastiCache takes them."""
    users = [_user(backend, user_id) for user_id in user_ids]
    names = [user.name for user in users]
    if len(set(names)) < len(names):
        raise DuplicateUserNameError
    if group["Engine"] == "redis" and "default" not in names:
        raise DefaultUserRequiredError
    if group["Engine"] == "valkey" and any(user.no_password_required for user in users):
        raise PasswordRequiredError
    group["UserIds"] = [user.id for user in users]
    _groups(backend).setdefault(group["UserGroupId"], group)
    _tell_users(backend)


def _tell_users(backend: ElastiCacheBackend) -> None:
    for user in backend.users.values():
        user.user_group_ids = [
            group_id for group_id, group in _groups(backend).items() if user.id in group["UserIds"]
        ]


def _followers(backend: ElastiCacheBackend, group_id: str) -> list[str]:
    return [
        each.replication_group_id
        for each in backend.replication_groups.values()
        if group_id in each.user_group_ids
    ]


def _user(backend: ElastiCacheBackend, user_id: str) -> User:
    if user_id not in backend.users:
        raise UserNotFound(user_id)
    return backend.users[user_id]


def _found(backend: ElastiCacheBackend, group_id: str) -> Group:
    if group_id not in _groups(backend):
        raise GroupNotFoundError(group_id)
    return _groups(backend)[group_id]


def _groups(backend: ElastiCacheBackend) -> dict[str, Group]:
    groups: dict[str, Group] = vars(backend).setdefault("user_groups", {})
    return groups
