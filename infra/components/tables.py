"""Key-value tables on DynamoDB, paid by request, in one region or in several."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from infra.components import naming, table_alarms
from infra.components.alarms import Alarm
from infra.components.table_access import Access

NAME_LIMIT = 255


@dataclass(frozen=True, kw_only=True)
class Index:
    """A global secondary index: the items of a table by another key, a moment later.

    Attributes:
        key: name of the partition key, a string. Items without it are not in the index.
        sort_key: name of the attribute that orders the items of a key, a string.
        attributes: what it has of an item beside all keys; None is everything. Less costs less to write.
    """

    key: str
    sort_key: str | None = None
    attributes: Sequence[str] | None = None


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table.

    Attributes:
        key: name of the partition key, a string.
        sort_key: name of the attribute that tells the items of a key apart and orders them, a string.
        indexes: by name.
        expires: name of the attribute with the second (Unix time) after which DynamoDB drops an item, within
            some days; None keeps items.
    """

    key: str
    sort_key: str | None = None
    indexes: Mapping[str, Index] = field(default_factory=dict)
    expires: str | None = None


@dataclass(frozen=True, kw_only=True)
class Replica:
    """Another region that has the tables too, and in which they are written as well.

    Attributes:
        region: its code.
        kms_key_arn: the key there that encrypts them; to be given where the tables have a key of one's own.
    """

    region: str
    kms_key_arn: pulumi.Input[str] | None = None


@dataclass(frozen=True, kw_only=True)
class TablesArgs:
    """
    Attributes:
        tables: by name.
        protect: refuse deletion, and keep every state of the last 35 days, in each region.
        kms_key_arn: key that they are encrypted with; None is AWS's own, which costs nothing.
        replicas: further regions that have them (global tables, version 2019.11.21). Of two writes to one
            item in two regions, the later one stays: keep apart, by key, what must not be lost.
        max_reads, max_writes: request units a second that a table, and each of its indexes, takes at most,
            which bounds what a mistake costs; None is the account's quota.
        throttle_alarm: refused requests in five minutes before somebody hears of it.
    """

    tables: Mapping[str, Table]
    protect: bool
    kms_key_arn: pulumi.Input[str] | None = None
    replicas: Sequence[Replica] = ()
    max_reads: int | None = None
    max_writes: int | None = None
    throttle_alarm: int = 0


class Tables(pulumi.ComponentResource):
    """Tables that share a policy of protection.

    Resources: a table for each, with its indexes and replicas; an item for each that is `put`.

    Attributes:
        args: what they are made from.
        alarms: of requests that fail in the tables' own region, and of writes that do not reach another.
    """

    def __init__(self, name: str, args: TablesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:data:Tables", name, None, opts)
        self.args = args
        self._tables = {key: self._create_table(key, table) for key, table in args.tables.items()}
        others = [replica.region for replica in args.replicas]
        arns = {key: table.arn for key, table in self._tables.items()}
        self._here = TablesIn(self, self._tables, arns, replica=None, others=others)
        self.alarms = self._here.alarms
        self.register_outputs({})

    @property
    def arns(self) -> list[pulumi.Output[str]]:
        """The ARN of each table."""
        return [table.arn for table in self._tables.values()]

    def __getitem__(self, table: str) -> Access:
        """The table of that name, in the tables' own region."""
        return self._here[table]

    def at(self, region: str, *, home: str, account_id: pulumi.Input[str]) -> "TablesIn":
        """The tables as one of the replicas' regions has them; `home` is the code of the tables' own."""
        replica, *_ = (it for it in self.args.replicas if it.region == region)
        others = [home, *(it.region for it in self.args.replicas if it is not replica)]
        arns = {
            key: pulumi.Output.concat(f"arn:aws:dynamodb:{region}:", account_id, ":table/", table.name)
            for key, table in self._tables.items()
        }
        return TablesIn(self, self._tables, arns, replica=replica, others=others)

    def put(self, table: str, key: str, values: Mapping[str, pulumi.Input[str]]) -> None:
        """Have an item in `table`, which has no sort key, under `key`, with these attributes."""

        def item(known: Mapping[str, str]) -> str:
            return json.dumps({name: {"S": value} for name, value in known.items()})

        hash_key = self.args.tables[table].key
        aws.dynamodb.TableItem(
            f"{table}-{key}",
            table_name=self._tables[table].name,
            hash_key=hash_key,
            item=pulumi.Output.all(**{hash_key: key, **values}).apply(item),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_table(self, key: str, table: Table) -> aws.dynamodb.Table:
        args = self.args
        return aws.dynamodb.Table(
            key,
            name=naming.physical(key, NAME_LIMIT),
            billing_mode="PAY_PER_REQUEST",
            hash_key=table.key,
            range_key=table.sort_key,
            attributes=[{"name": name, "type": "S"} for name in _keys(table)],
            global_secondary_indexes=self._indexes(table) or None,
            ttl={"attribute_name": table.expires, "enabled": True} if table.expires else None,
            on_demand_throughput=self._bounds(),
            point_in_time_recovery={"enabled": args.protect},
            deletion_protection_enabled=args.protect,
            server_side_encryption=(
                None if args.kms_key_arn is None else {"enabled": True, "kms_key_arn": args.kms_key_arn}
            ),
            # Replicas follow the stream, and want to know of each item what it was and what it is.
            stream_enabled=True if args.replicas else None,
            stream_view_type="NEW_AND_OLD_IMAGES" if args.replicas else None,
            replicas=self._replicas() or None,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )

    def _indexes(self, table: Table) -> list[aws.dynamodb.TableGlobalSecondaryIndexArgsDict]:
        return [
            {
                "name": name,
                "hash_key": index.key,
                "range_key": index.sort_key,
                "projection_type": _projection_type(index),
                "non_key_attributes": index.attributes or None,
                "on_demand_throughput": self._bounds(),
            }
            for name, index in table.indexes.items()
        ]

    def _bounds(self) -> aws.dynamodb.TableOnDemandThroughputArgsDict | None:
        reads, writes = self.args.max_reads, self.args.max_writes
        if reads is None and writes is None:
            return None
        return {"max_read_request_units": reads, "max_write_request_units": writes}

    def _replicas(self) -> list[aws.dynamodb.TableReplicaArgsDict]:
        return [
            {
                "region_name": replica.region,
                "kms_key_arn": replica.kms_key_arn,
                "point_in_time_recovery": self.args.protect,
                "propagate_tags": True,
            }
            for replica in self.args.replicas
        ]


class TablesIn:
    """Tables as one region has them: the tables themselves, or their replicas. Made by `Tables`.

    Attributes:
        alarms: of requests that fail in this region, and of writes that do not reach another.
    """

    def __init__(
        self,
        owner: Tables,
        tables: Mapping[str, aws.dynamodb.Table],
        arns: Mapping[str, pulumi.Output[str]],
        *,
        replica: Replica | None,
        others: Sequence[str],
    ) -> None:
        """
        Args:
            owner, tables: the component, and what it has made.
            arns: of the tables, as they are in the region.
            replica: which one this is; None is the tables themselves.
            others: codes of the other regions that have them.
        """
        self._owner = owner
        self._args = owner.args
        self._tables = tables
        self._arns = arns
        self._replica = replica
        self.alarms = [alarm for key in tables for alarm in self._alarms(key, others)]

    def __getitem__(self, table: str) -> Access:
        """The table of that name, in this region."""
        replica = self._replica
        description = self._args.tables[table]
        return Access(
            key=table,
            name=self._tables[table].name,
            arn=self._arns[table],
            queried=description.sort_key is not None,
            indexes=list(description.indexes),
            kms_key_arn=self._args.kms_key_arn if replica is None else replica.kms_key_arn,
            owner=self._owner,
        )

    def _alarms(self, key: str, others: Sequence[str]) -> list[Alarm]:
        name = key if self._replica is None else f"{key}-{self._replica.region}"
        table = self._tables[key].name
        return [
            *table_alarms.of_table(name, table, throttled=self._args.throttle_alarm),
            *table_alarms.of_replication(name, table, others),
        ]


def _keys(table: Table) -> list[str]:
    """Every attribute that is a key of the table or of one of its indexes, once."""
    indexed = (name for index in table.indexes.values() for name in (index.key, index.sort_key))
    return list(dict.fromkeys(name for name in (table.key, table.sort_key, *indexed) if name is not None))


def _projection_type(index: Index) -> str:
    if index.attributes is None:
        return "ALL"
    return "INCLUDE" if index.attributes else "KEYS_ONLY"
