"""Cases of the policies on databases, caches, tables, keys, secrets and backups."""

from infra.policies.data import (
    CACHE_USER,
    KAFKA,
    KAFKA_SERVERLESS,
    PARAMETER_GROUP,
    PROXY,
    VAULT,
    VAULT_LOCK,
    WORKGROUP,
)
from infra.policies.resource_types import (
    BUCKET,
    CLUSTER_INSTANCE,
    DATABASE,
    DATABASE_CLUSTER,
    KEY,
    REPLICATION_GROUP,
    SECRET,
    TABLE,
)
from tests.infra.policies.cases.case import Case
from tests.infra.policies.judging import given

IAM = {"sasl": {"iam": {"enabled": True}}}
PITR = {"enabled": True}

CASES = {
    "database-private": Case(
        keeps=[given(DATABASE, publiclyAccessible=False), given(DATABASE)],
        breaks={"it has a public address.": given(CLUSTER_INSTANCE, publiclyAccessible=True)},
    ),
    "database-encrypted": Case(
        keeps=[given(DATABASE, storageEncrypted=True)],
        breaks={"its storage is not encrypted.": given(DATABASE_CLUSTER, engine="aurora-postgresql")},
    ),
    "database-tls": Case(
        keeps=[
            given(PARAMETER_GROUP, family="postgres18", parameters=[{"name": "rds.force_ssl", "value": "1"}]),
            given(
                PARAMETER_GROUP,
                family="mysql8.4",
                parameters=[{"name": "require_secure_transport", "value": "ON"}],
            ),
            given(PARAMETER_GROUP, family="oracle-ee-19"),
        ],
        breaks={
            "parameter `rds.force_ssl` is not 1.": given(
                PARAMETER_GROUP, family="postgres18", parameters=[{"name": "rds.force_ssl", "value": "0"}]
            ),
            "parameter `require_secure_transport` is not 1.": given(PARAMETER_GROUP, family="mysql8.4"),
        },
    ),
    "database-proxy-tls": Case(
        keeps=[given(PROXY, requireTls=True)],
        breaks={"it takes connections without TLS.": given(PROXY, engineFamily="POSTGRESQL")},
    ),
    "database-classes-allowed": Case(
        keeps=[
            given(DATABASE, instanceClass="db.t4g.micro"),
            given(DATABASE, instanceClass="db.r7g.4xlarge"),
            given(CLUSTER_INSTANCE, instanceClass="db.serverless"),
        ],
        breaks={
            "`db.x2iedn.32xlarge` is not an allowed class.": given(
                DATABASE, instanceClass="db.x2iedn.32xlarge"
            )
        },
    ),
    "database-survives-destroy": Case(
        keeps=[
            given(
                DATABASE, deletionProtection=True, skipFinalSnapshot=False, finalSnapshotIdentifier="final"
            ),
            given(DATABASE, replicateSourceDb="shop", deletionProtection=True, skipFinalSnapshot=True),
        ],
        breaks={
            "it can be deleted.": given(DATABASE, finalSnapshotIdentifier="final"),
            "it is deleted without a final snapshot.": given(
                DATABASE, deletionProtection=True, skipFinalSnapshot=True
            ),
            "its final snapshot has no name, so that deleting it fails.": given(
                DATABASE_CLUSTER, deletionProtection=True
            ),
        },
    ),
    "database-multi-az": Case(
        keeps=[given(DATABASE, multiAz=True), given(DATABASE, replicateSourceDb="shop")],
        breaks={"it stands in one zone.": given(DATABASE)},
    ),
    "database-backups": Case(
        keeps=[
            given(DATABASE, backupRetentionPeriod=7),
            given(DATABASE, replicateSourceDb="shop", backupRetentionPeriod=0),
        ],
        breaks={
            "it can be restored 1 days back, not 7.": given(DATABASE, backupRetentionPeriod=1),
            "it can be restored 0 days back, not 7.": given(DATABASE_CLUSTER),
        },
    ),
    "database-logs-exported": Case(
        keeps=[given(DATABASE, enabledCloudwatchLogsExports=["postgresql"])],
        breaks={"it exports no log.": given(DATABASE)},
    ),
    "cache-encrypted": Case(
        keeps=[given(REPLICATION_GROUP, atRestEncryptionEnabled=True)],
        breaks={"it is not encrypted at rest.": given(REPLICATION_GROUP)},
    ),
    "cache-tls": Case(
        keeps=[given(REPLICATION_GROUP, transitEncryptionEnabled=True)],
        breaks={"it takes connections without TLS.": given(REPLICATION_GROUP)},
    ),
    "cache-authenticated": Case(
        keeps=[given(REPLICATION_GROUP, userGroupIds=["shop"]), given(REPLICATION_GROUP, authToken="a" * 32)],
        breaks={"it asks nobody for a password.": given(REPLICATION_GROUP)},
    ),
    "cache-users-known": Case(
        keeps=[
            given(CACHE_USER, userName="shop", accessString="on ~*", authenticationMode={"type": "password"}),
            given(CACHE_USER, userName="job", accessString="on ~*", authenticationMode={"type": "iam"}),
            given(CACHE_USER, userName="default", accessString="off -@all", passwords=["p"]),
        ],
        breaks={
            "it needs no password.": given(CACHE_USER, userName="shop", noPasswordRequired=True),
            "clients that do not say who they are get in.": given(
                CACHE_USER, userName="default", accessString="on ~* +@all", passwords=["p"]
            ),
        },
    ),
    "cache-node-types-allowed": Case(
        keeps=[given(REPLICATION_GROUP, nodeType="cache.t4g.micro"), given(REPLICATION_GROUP)],
        breaks={
            "`cache.r7g.16xlarge` is not an allowed type.": given(
                REPLICATION_GROUP, nodeType="cache.r7g.16xlarge"
            )
        },
    ),
    "cache-failover": Case(
        keeps=[given(REPLICATION_GROUP, automaticFailoverEnabled=True, multiAzEnabled=True)],
        breaks={"`multiAzEnabled` is off.": given(REPLICATION_GROUP, automaticFailoverEnabled=True)},
    ),
    "table-survives-mistakes": Case(
        keeps=[
            given(
                TABLE,
                pointInTimeRecovery=PITR,
                deletionProtectionEnabled=True,
                replicas=[{"regionName": "eu-west-1", "pointInTimeRecovery": True}],
            )
        ],
        breaks={
            "it cannot be restored to a point in time.": given(TABLE, deletionProtectionEnabled=True),
            "it can be deleted.": given(TABLE, pointInTimeRecovery=PITR),
            "its replica in eu-west-1 cannot be restored to a point in time.": given(
                TABLE,
                pointInTimeRecovery=PITR,
                deletionProtectionEnabled=True,
                replicas=[{"regionName": "eu-west-1"}],
            ),
        },
    ),
    "key-rotates": Case(
        keeps=[
            given(KEY, enableKeyRotation=True),
            given(KEY, keyUsage="SIGN_VERIFY", customerMasterKeySpec="ECC_NIST_P256"),
        ],
        breaks={"it is never rotated.": given(KEY)},
    ),
    "key-deletion-window": Case(
        keeps=[given(KEY), given(KEY, deletionWindowInDays=14)],
        breaks={"it is gone 7 days after its deletion.": given(KEY, deletionWindowInDays=7)},
    ),
    "secret-recoverable": Case(
        keeps=[given(SECRET), given(SECRET, recoveryWindowInDays=30)],
        breaks={"it cannot be restored after its deletion.": given(SECRET, recoveryWindowInDays=0)},
    ),
    "kafka-closed": Case(
        keeps=[
            given(KAFKA_SERVERLESS, clientAuthentication=IAM),
            given(
                KAFKA,
                clientAuthentication={"sasl": {"iam": True}},
                encryptionInfo={"encryptionInTransit": {"clientBroker": "TLS"}},
            ),
        ],
        breaks={
            "it does not authenticate clients by IAM.": given(KAFKA, clusterName="events"),
            "it also takes clients that do not say who they are.": given(
                KAFKA, clientAuthentication={"sasl": {"iam": True}, "unauthenticated": True}
            ),
            "it takes connections without TLS.": given(
                KAFKA,
                clientAuthentication={"sasl": {"iam": True}},
                encryptionInfo={"encryptionInTransit": {"clientBroker": "TLS_PLAINTEXT"}},
            ),
            "it has public addresses.": given(
                KAFKA,
                clientAuthentication={"sasl": {"iam": True}},
                brokerNodeGroupInfo={"connectivityInfo": {"publicAccess": {"type": "SERVICE_PROVIDED_EIPS"}}},
            ),
        },
    ),
    "query-results-encrypted": Case(
        keeps=[
            given(
                WORKGROUP,
                configuration={
                    "enforceWorkgroupConfiguration": True,
                    "resultConfiguration": {"encryptionConfiguration": {"encryptionOption": "SSE_S3"}},
                },
            ),
            given(WORKGROUP, configuration={"managedQueryResultsConfiguration": {"enabled": True}}),
        ],
        breaks={
            "its results are not encrypted.": given(WORKGROUP, name="analysts"),
            "clients may choose where results go, and whether they are encrypted.": given(
                WORKGROUP,
                configuration={
                    "enforceWorkgroupConfiguration": False,
                    "resultConfiguration": {"encryptionConfiguration": {"encryptionOption": "SSE_S3"}},
                },
            ),
        },
    ),
    "backup-vault-locked": Case(
        keeps=[[given(VAULT), given(VAULT_LOCK, "lock", uses={"backupVaultName": ["subject"]})]],
        breaks={"its backups can be deleted.": given(VAULT)},
    ),
    "data-protected": Case(
        keeps=[given(DATABASE, protect=True)],
        breaks={"Pulumi may delete or replace it.": given(BUCKET)},
    ),
}
