"""Users of ElastiCache and their groups."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

Aws = Callable[[str], Any]

FIRST, SECOND, THIRD = ("0" * 16, "1" * 16, "2" * 16)


def create_user(elasticache: Any, user_id: str, name: str, engine: str = "valkey") -> dict[str, Any]:
    created: dict[str, Any] = elasticache.create_user(
        UserId=user_id,
        UserName=name,
        Engine=engine,
        AccessString="on ~* +@read",
        AuthenticationMode={"Type": "password", "Passwords": [FIRST]},
        Tags=[{"Key": "Stack", "Value": "local"}],
    )
    return created


def users(elasticache: Any, user_id: str) -> dict[str, Any]:
    (user,) = elasticache.describe_users(UserId=user_id)["Users"]
    return dict(user)


def test_a_group_of_users_reads_back_as_it_was_made(aws: Aws) -> None:
    elasticache = aws("elasticache")
    create_user(elasticache, "one-shop", "shop")
    made = elasticache.create_user_group(
        UserGroupId="one",
        Engine="valkey",
        UserIds=["one-shop"],
        Tags=[{"Key": "Stack", "Value": "local"}],
    )

    (found,) = elasticache.describe_user_groups(UserGroupId="one")["UserGroups"]
    assert (found["Status"], found["Engine"], found["UserIds"]) == ("active", "valkey", ["one-shop"])
    assert users(elasticache, "one-shop")["UserGroupIds"] == ["one"]
    for arn in (made["ARN"], users(elasticache, "one-shop")["ARN"]):
        tags = elasticache.list_tags_for_resource(ResourceName=arn)["TagList"]
        assert tags == [{"Key": "Stack", "Value": "local"}]
    assert "one" in [each["UserGroupId"] for each in elasticache.describe_user_groups()["UserGroups"]]
    with pytest.raises(elasticache.exceptions.UserGroupAlreadyExistsFault):
        elasticache.create_user_group(UserGroupId="one", Engine="valkey")


def test_users_join_and_leave_a_group(aws: Aws) -> None:
    elasticache = aws("elasticache")
    for user_id in ("two-shop", "two-job"):
        create_user(elasticache, user_id, user_id)
    elasticache.create_user_group(UserGroupId="two", Engine="valkey", UserIds=["two-shop"])

    elasticache.modify_user_group(UserGroupId="two", UserIdsToAdd=["two-job"], UserIdsToRemove=["two-shop"])

    (found,) = elasticache.describe_user_groups(UserGroupId="two")["UserGroups"]
    assert found["UserIds"] == ["two-job"]
    assert users(elasticache, "two-shop")["UserGroupIds"] == []


def test_a_group_takes_whom_elasticache_takes(aws: Aws) -> None:
    elasticache = aws("elasticache")
    create_user(elasticache, "three-a", "same")
    create_user(elasticache, "three-b", "same")
    faults = elasticache.exceptions
    with pytest.raises(faults.DuplicateUserNameFault):
        elasticache.create_user_group(UserGroupId="x", Engine="valkey", UserIds=["three-a", "three-b"])
    with pytest.raises(faults.DefaultUserRequired):
        elasticache.create_user_group(UserGroupId="x", Engine="redis", UserIds=["three-a"])
    with pytest.raises(faults.InvalidParameterCombinationException, match="without a password"):
        elasticache.create_user_group(UserGroupId="x", Engine="valkey", UserIds=["default"])
    with pytest.raises(faults.UserNotFoundFault):
        elasticache.create_user_group(UserGroupId="x", Engine="valkey", UserIds=["nobody"])
    with pytest.raises(faults.UserGroupNotFoundFault):
        elasticache.describe_user_groups(UserGroupId="x")


def test_a_user_changes_and_says_how_many_passwords_it_has_but_not_which(aws: Aws) -> None:
    elasticache = aws("elasticache")
    create_user(elasticache, "four-shop", "shop")

    elasticache.modify_user(
        UserId="four-shop",
        AccessString="on ~* +@all",
        AuthenticationMode={"Type": "password", "Passwords": [FIRST, SECOND]},
    )

    found = users(elasticache, "four-shop")
    assert found["AccessString"] == "on ~* +@all"
    assert found["Authentication"] == {"Type": "password", "PasswordCount": 2}
    assert FIRST not in repr(found)
    with pytest.raises(ClientError, match="at most 2 passwords"):
        elasticache.modify_user(UserId="four-shop", Passwords=[FIRST, SECOND, THIRD])


def test_a_group_goes_once_no_replication_group_lets_its_users_in(aws: Aws) -> None:
    elasticache = aws("elasticache")
    create_user(elasticache, "five-shop", "shop")
    elasticache.create_user_group(UserGroupId="five", Engine="valkey", UserIds=["five-shop"])
    elasticache.create_replication_group(
        ReplicationGroupId="five", ReplicationGroupDescription="d", UserGroupIds=["five"]
    )

    (found,) = elasticache.describe_user_groups(UserGroupId="five")["UserGroups"]
    assert found["ReplicationGroups"] == ["five"]
    with pytest.raises(elasticache.exceptions.InvalidUserGroupStateFault):
        elasticache.delete_user_group(UserGroupId="five")
    elasticache.modify_replication_group(ReplicationGroupId="five", RemoveUserGroups=True)
    elasticache.delete_user_group(UserGroupId="five")
    assert users(elasticache, "five-shop")["UserGroupIds"] == []


def test_moto_itself_still_has_no_groups_and_changes_no_user(moto: Aws) -> None:
    elasticache = moto("elasticache")
    create_user(elasticache, "shop", "shop")

    with pytest.raises(ResponseParserError, match="500 Internal Server Error"):
        elasticache.create_user_group(UserGroupId="one", Engine="valkey", UserIds=["shop"])
    with pytest.raises(ResponseParserError, match="500 Internal Server Error"):
        elasticache.modify_user(UserId="shop", AccessString="off")
