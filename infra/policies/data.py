"""Databases, caches, tables, keys, secrets and backups."""

from fnmatch import fnmatch

from infra.policies.definition import Findings, Option, in_stack, on_each
from infra.policies.resource_types import (
    BUCKET,
    CLUSTER_INSTANCE,
    DATABASE,
    DATABASE_CLUSTER,
    KEY,
    REPLICATION_GROUP,
    SECRET,
    TABLE,
    USER_POOL,
)
from infra.policies.resources import Resource, Stack

PARAMETER_GROUP = "aws:rds/parameterGroup:ParameterGroup"
PROXY = "aws:rds/proxy:Proxy"
CACHE_USER = "aws:elasticache/user:User"
KAFKA = "aws:msk/cluster:Cluster"
KAFKA_SERVERLESS = "aws:msk/serverlessCluster:ServerlessCluster"
WORKGROUP = "aws:athena/workgroup:Workgroup"
VAULT = "aws:backup/vault:Vault"
VAULT_LOCK = "aws:backup/vaultLockConfiguration:VaultLockConfiguration"

DATABASE_CLASSES = Option(
    name="databaseClasses",
    description="RDS instance classes that may be used; `*` stands for anything.",
    default=tuple(
        f"db.{family}.{size}"
        for family in ("t3", "t4g", "[mr]6[gi]", "[mr]7[gi]", "[mr]8[gi]")
        for size in ("micro", "small", "medium", "large", "xlarge", "[248]xlarge")
        if family.startswith("t") or size not in ("micro", "small", "medium")
    ),
)

NODE_TYPES = Option(
    name="nodeTypes",
    description="ElastiCache node types that may be used; `*` stands for anything.",
    default=tuple(
        f"cache.{family}.{size}"
        for family in ("t3", "t4g", "[mr]6g", "[mr]7g")
        for size in ("micro", "small", "medium", "large", "xlarge", "[248]xlarge")
        if family.startswith("t") or size not in ("micro", "small", "medium")
    ),
)

BACKUP_DAYS = Option(
    name="backupDays", description="Days that a production database can be restored back to.", default=7
)


@on_each(DATABASE, CLUSTER_INSTANCE, remedy="Set `publicly_accessible` to false, on replicas too.")
def database_private(database: Resource) -> Findings:
    """A database that the internet can reach is only as safe as its weakest password."""
    if database.on("publiclyAccessible"):
        yield "it has a public address."


@on_each(DATABASE, DATABASE_CLUSTER, remedy="Set `storage_encrypted`; it cannot be changed later.")
def database_encrypted(database: Resource) -> Findings:
    """Storage, snapshots and logs of a database hold everything that customers have entrusted."""
    if not database.on("storageEncrypted"):
        yield "its storage is not encrypted."


@on_each(
    PARAMETER_GROUP,
    remedy="Set parameter `rds.force_ssl` (PostgreSQL) or `require_secure_transport` (MySQL) to 1.",
)
def database_tls(group: Resource) -> Findings:
    """Without it, passwords and rows travel in the clear whenever a client forgets to ask for TLS."""
    family = str(group.get("family"))
    wanted = "rds.force_ssl" if "postgres" in family else "require_secure_transport"
    if not family.startswith(("postgres", "aurora-postgres", "mysql", "aurora-mysql", "mariadb")):
        return
    values = {each.get("name"): str(each.get("value")).upper() for each in group.blocks("parameters")}
    if values.get(wanted) not in ("1", "ON"):
        yield f"parameter `{wanted}` is not 1."


@on_each(PROXY, remedy="Set `require_tls`.")
def database_proxy_tls(proxy: Resource) -> Findings:
    """The proxy ends the client's TLS: it has to insist on it as the database does."""
    if not proxy.on("requireTls"):
        yield "it takes connections without TLS."


@on_each(
    DATABASE,
    DATABASE_CLUSTER,
    CLUSTER_INSTANCE,
    remedy="Choose an allowed class, or add it to `databaseClasses`.",
    options=[DATABASE_CLASSES],
)
def database_classes_allowed(database: Resource) -> Findings:
    """A slip in an instance class can cost more in a day than the whole stack in a month."""
    class_ = database.get("instanceClass") or database.get("dbClusterInstanceClass")
    allowed = (*database.option(DATABASE_CLASSES.name), "db.serverless")
    if class_ and not any(fnmatch(class_, each) for each in allowed):
        yield f"`{class_}` is not an allowed class."


@on_each(
    DATABASE,
    DATABASE_CLUSTER,
    remedy="Set `deletion_protection`, `skip_final_snapshot=False` and a `final_snapshot_identifier`.",
    production=True,
)
def database_survives_destroy(database: Resource) -> Findings:
    """One wrong `destroy` must not take the customers' data, nor its last snapshot, with it."""
    if not database.on("deletionProtection"):
        yield "it can be deleted."
    if _is_replica(database):
        return  # RDS takes no snapshot of a replica
    if database.on("skipFinalSnapshot"):
        yield "it is deleted without a final snapshot."
    elif not database.has("finalSnapshotIdentifier"):
        yield "its final snapshot has no name, so that deleting it fails."


@on_each(DATABASE, remedy="Set `multi_az`.", production=True)
def database_multi_az(database: Resource) -> Findings:
    """When its zone fails, a database without a standby is away until somebody restores a backup."""
    if not _is_replica(database) and not database.on("multiAz"):
        yield "it stands in one zone."


@on_each(
    DATABASE,
    DATABASE_CLUSTER,
    remedy="Raise `backup_retention_period`.",
    production=True,
    options=[BACKUP_DAYS],
)
def database_backups(database: Resource) -> Findings:
    """Mistakes in data are often found days later."""
    least = int(database.option(BACKUP_DAYS.name))
    days = int(database.get("backupRetentionPeriod") or 0)
    if not _is_replica(database) and days < least:
        yield f"it can be restored {days} days back, not {least}."


@on_each(
    DATABASE,
    DATABASE_CLUSTER,
    remedy="Name the engine's logs in `enabled_cloudwatch_logs_exports`.",
    advisory=True,
)
def database_logs_exported(database: Resource) -> Findings:
    """On the instance its log is rotated away before anybody looks for the slow statement."""
    if not database.get("enabledCloudwatchLogsExports"):
        yield "it exports no log."


@on_each(REPLICATION_GROUP, remedy="Set `at_rest_encryption_enabled`; it cannot be changed later.")
def cache_encrypted(cache: Resource) -> Findings:
    """Snapshots and swap of a cache hold sessions and carts."""
    if not cache.on("atRestEncryptionEnabled"):
        yield "it is not encrypted at rest."


@on_each(REPLICATION_GROUP, remedy="Set `transit_encryption_enabled`.")
def cache_tls(cache: Resource) -> Findings:
    """Without TLS whatever is cached, and the password too, can be read on the way."""
    if not cache.on("transitEncryptionEnabled"):
        yield "it takes connections without TLS."


@on_each(REPLICATION_GROUP, remedy="Set `user_group_ids` or `auth_token`.", production=True)
def cache_authenticated(cache: Resource) -> Findings:
    """Otherwise everything that gets into the network may read and empty the cache."""
    if not any(cache.has(key) for key in ("userGroupIds", "authToken", "authTokenWo")):
        yield "it asks nobody for a password."


@on_each(
    CACHE_USER,
    remedy="Give it a password; let the user `default` begin its `access_string` with `off`.",
    production=True,
)
def cache_users_known(user: Resource) -> Findings:
    """A client that says nothing about itself is the user `default`: that one must have no rights."""
    type_ = user.get("authenticationMode.type")
    if user.on("noPasswordRequired") or type_ == "no-password-required":
        yield "it needs no password."
    if user.get("userName") == "default" and "on" in str(user.get("accessString")).split():
        yield "clients that do not say who they are get in."


@on_each(
    REPLICATION_GROUP,
    remedy="Choose an allowed type, or add it to `nodeTypes`.",
    options=[NODE_TYPES],
)
def cache_node_types_allowed(cache: Resource) -> Findings:
    """A slip in a node type can cost more in a day than the whole stack in a month."""
    type_ = cache.get("nodeType")
    if type_ and not any(fnmatch(type_, allowed) for allowed in cache.option(NODE_TYPES.name)):
        yield f"`{type_}` is not an allowed type."


@on_each(
    REPLICATION_GROUP,
    remedy="Set `automatic_failover_enabled` and `multi_az_enabled`, with two nodes at least.",
    production=True,
)
def cache_failover(cache: Resource) -> Findings:
    """When a node fails, the database gets the load of the cache all at once."""
    for switch in ("automaticFailoverEnabled", "multiAzEnabled"):
        if not cache.on(switch):
            yield f"`{switch}` is off."


@on_each(
    TABLE,
    remedy="Set `point_in_time_recovery` and `deletion_protection_enabled`, on replicas too.",
    production=True,
)
def table_survives_mistakes(table: Resource) -> Findings:
    """One wrong write or `destroy` must not take the data with it."""
    if not table.on("pointInTimeRecovery.enabled"):
        yield "it cannot be restored to a point in time."
    if not table.on("deletionProtectionEnabled"):
        yield "it can be deleted."
    for replica in table.blocks("replicas"):
        if not replica.on("pointInTimeRecovery"):
            yield f"its replica in {replica.get('regionName')} cannot be restored to a point in time."


@on_each(KEY, remedy="Set `enable_key_rotation`.")
def key_rotates(key: Resource) -> Findings:
    """The longer one key is in use, the more there is to read for who gets hold of it."""
    spec = key.get("customerMasterKeySpec") or "SYMMETRIC_DEFAULT"
    if spec == "SYMMETRIC_DEFAULT" and not key.on("enableKeyRotation"):
        yield "it is never rotated."


@on_each(KEY, remedy="Leave `deletion_window_in_days` unset (30) or set 14 at least.", production=True)
def key_deletion_window(key: Resource) -> Findings:
    """Whatever a deleted key has encrypted is lost: somebody must have time to notice."""
    if int(key.get("deletionWindowInDays") or 30) < 14:
        yield f"it is gone {int(key.get('deletionWindowInDays'))} days after its deletion."


@on_each(SECRET, remedy="Set `recovery_window_in_days` to 7 at least, or leave it unset.", production=True)
def secret_recoverable(secret: Resource) -> Findings:
    """A secret deleted by mistake takes with it whatever needs it to start."""
    days = secret.get("recoveryWindowInDays")
    if days is not None and int(days) < 7:
        yield "it cannot be restored after its deletion."


@on_each(KAFKA, KAFKA_SERVERLESS, remedy="Authenticate clients by IAM, by TLS only, inside the VPC only.")
def kafka_closed(cluster: Resource) -> Findings:
    """A broker that asks nobody who they are hands every event to whoever gets into the network."""
    if not cluster.on("clientAuthentication.sasl.iam.enabled") and not cluster.on(
        "clientAuthentication.sasl.iam"
    ):
        yield "it does not authenticate clients by IAM."
    if cluster.on("clientAuthentication.unauthenticated"):
        yield "it also takes clients that do not say who they are."
    if cluster.get("encryptionInfo.encryptionInTransit.clientBroker") not in (None, "TLS"):
        yield "it takes connections without TLS."
    access = cluster.get("brokerNodeGroupInfo.connectivityInfo.publicAccess.type")
    if access not in (None, "DISABLED"):
        yield "it has public addresses."


@on_each(
    WORKGROUP,
    remedy="Set `enforce_workgroup_configuration` and `result_configuration.encryption_configuration`.",
)
def query_results_encrypted(workgroup: Resource) -> Findings:
    """The result of a query is a copy of the data, and needs the same care."""
    configuration = workgroup.block("configuration")
    if configuration.get("enforceWorkgroupConfiguration") is False:
        yield "clients may choose where results go, and whether they are encrypted."
    managed = configuration.on("managedQueryResultsConfiguration.enabled")
    if not managed and not configuration.has("resultConfiguration.encryptionConfiguration"):
        yield "its results are not encrypted."


@in_stack(VAULT, remedy="Create a VaultLockConfiguration for the vault.", production=True)
def backup_vault_locked(vault: Resource, stack: Stack) -> Findings:
    """Who breaks in deletes the backups first; a lock stops even an administrator."""
    if not stack.about(vault, VAULT_LOCK, "backupVaultName"):
        yield "its backups can be deleted."


@on_each(
    DATABASE,
    DATABASE_CLUSTER,
    TABLE,
    BUCKET,
    USER_POOL,
    remedy="Create it with `ResourceOptions(protect=True)`.",
    production=True,
)
def data_protected(resource: Resource) -> Findings:
    """Pulumi must refuse to delete what cannot be made again, also when only its name was changed."""
    if not resource.protected:
        yield "Pulumi may delete or replace it."


def _is_replica(database: Resource) -> bool:
    return database.has("replicateSourceDb") or database.has("replicationSourceIdentifier")
