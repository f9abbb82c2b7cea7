"""The parameters of PostgreSQL on RDS, each with the way in which RDS applies it."""

from collections.abc import Mapping

from pulumi_aws.rds import ParameterGroupParameterArgs

AT_START = frozenset(
    [
        "archive_mode",
        "autovacuum_freeze_max_age",
        "autovacuum_max_workers",
        "autovacuum_multixact_freeze_max_age",
        "autovacuum_worker_slots",
        "bonjour",
        "bonjour_name",
        "cluster_name",
        "commit_timestamp_buffers",
        "config_file",
        "data_directory",
        "data_sync_retry",
        "debug_io_direct",
        "dynamic_shared_memory_type",
        "event_source",
        "external_pid_file",
        "hba_file",
        "hot_standby",
        "huge_page_size",
        "huge_pages",
        "ident_file",
        "ignore_invalid_pages",
        "io_max_combine_limit",
        "io_max_concurrency",
        "io_method",
        "jit_provider",
        "listen_addresses",
        "logging_collector",
        "max_active_replication_origins",
        "max_connections",
        "max_files_per_process",
        "max_locks_per_transaction",
        "max_logical_replication_workers",
        "max_notify_queue_pages",
        "max_pred_locks_per_transaction",
        "max_prepared_transactions",
        "max_replication_slots",
        "max_wal_senders",
        "max_worker_processes",
        "min_dynamic_shared_memory",
        "multixact_member_buffers",
        "multixact_offset_buffers",
        "notify_buffers",
        "old_snapshot_threshold",
        "port",
        "recovery_target",
        "recovery_target_action",
        "recovery_target_inclusive",
        "recovery_target_lsn",
        "recovery_target_name",
        "recovery_target_time",
        "recovery_target_timeline",
        "recovery_target_xid",
        "reserved_connections",
        "serializable_buffers",
        "shared_buffers",
        "shared_memory_type",
        "shared_preload_libraries",
        "subtransaction_buffers",
        "superuser_reserved_connections",
        "track_activity_query_size",
        "track_commit_timestamp",
        "transaction_buffers",
        "unix_socket_directories",
        "unix_socket_group",
        "unix_socket_permissions",
        "wal_buffers",
        "wal_decode_buffer_size",
        "wal_level",
        "wal_log_hints",
        "pg_stat_statements.max",
        "rds.logical_replication",
        "rds.rds_superuser_reserved_connections",
    ]
)
"""What PostgreSQL (14 to 18) reads once, when it starts, and what RDS adds: in its words, static ones."""

SLOW = 1000
"""Milliseconds from which on a statement is in the log."""

LARGE = 10_240
"""KiB of temporary files from which on a statement is in the log: it wants more `work_mem`, or an index."""

ABANDONED = 60_000
"""Milliseconds after which a transaction in which nothing happens is ended: it would hold up vacuuming."""


def parameters(
    *,
    force_ssl: bool,
    auto_explain: bool = False,
    logical_replication: bool = False,
    max_connections: int | None = None,
    more: Mapping[str, str] | None = None,
) -> list[ParameterGroupParameterArgs]:
    """The parameters of a group, as `aws.rds.ParameterGroup` takes them.

    Args:
        force_ssl: refuse connections without TLS.
        auto_explain: have the plans of slow statements in the log.
        logical_replication: write what logical replication needs into the log of changes.
        max_connections: None leaves RDS's own, which follows the instance's memory.
        more: others, and other values for these.
    """
    libraries = ["pg_stat_statements", *(["auto_explain"] if auto_explain else [])]
    values = {
        "rds.force_ssl": str(int(force_ssl)),
        "shared_preload_libraries": ",".join(libraries),
        "log_min_duration_statement": str(SLOW),
        "log_lock_waits": "1",
        "log_temp_files": str(LARGE),
        "idle_in_transaction_session_timeout": str(ABANDONED),
        **({"auto_explain.log_min_duration": str(SLOW)} if auto_explain else {}),
        **({"rds.logical_replication": "1"} if logical_replication else {}),
        **({"max_connections": str(max_connections)} if max_connections else {}),
        **(more or {}),
    }
    return [
        ParameterGroupParameterArgs(name=name, value=value, apply_method=apply_method(name))
        for name, value in values.items()
    ]


def apply_method(name: str) -> str:
    """How RDS applies a change of the parameter: a static one only takes `pending-reboot`."""
    return "pending-reboot" if name in AT_START else "immediate"
