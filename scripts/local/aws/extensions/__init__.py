"""What moto lacks or answers wrongly, mended in moto's own backends.

Each module mends one thing, says which version of moto needed it, and has a test that fails once moto has
caught up, so that the module can go.
"""

from functools import cache

from scripts.local.aws.extensions import (
    auto_scaling_groups,
    backup_reads,
    backup_selections,
    browser_uploads,
    bucket_policies,
    budgets,
    cache_parameter_groups,
    cache_users,
    cdn_policies,
    composite_alarms,
    database_backups,
    database_instances,
    database_proxies,
    distribution_defaults,
    distribution_origins,
    email_identity_tags,
    event_input_paths,
    event_source_mappings,
    function_versions,
    global_tables,
    instance_recovery,
    instance_zones,
    key_rotations,
    launch_template_tags,
    long_polling,
    public_images,
    queue_policies,
    reader_mappings,
    redrive_allow_policies,
    redrive_policies,
    replication_groups,
    scaling_policies,
    secret_replicas,
    secret_rotations,
    security_group_rules,
    serverless_applications,
    serverless_clusters,
    stream_tags,
    suspended_versions,
    table_throughputs,
    user_pool_accounts,
    user_pool_tiers,
)

EXTENSIONS = (
    auto_scaling_groups,
    backup_reads,
    backup_selections,
    browser_uploads,
    bucket_policies,
    budgets,
    cache_parameter_groups,
    cache_users,
    cdn_policies,
    composite_alarms,
    database_backups,
    database_instances,
    database_proxies,
    distribution_defaults,
    distribution_origins,
    email_identity_tags,
    event_input_paths,
    event_source_mappings,
    function_versions,
    global_tables,
    instance_recovery,
    instance_zones,
    key_rotations,
    launch_template_tags,
    long_polling,
    public_images,
    queue_policies,
    reader_mappings,
    redrive_allow_policies,
    redrive_policies,
    replication_groups,
    scaling_policies,
    secret_replicas,
    secret_rotations,
    security_group_rules,
    serverless_applications,
    serverless_clusters,
    stream_tags,
    suspended_versions,
    table_throughputs,
    user_pool_accounts,
    user_pool_tiers,
)


@cache
def install() -> None:
    """Install every extension in this process; a second call does nothing."""
    for extension in EXTENSIONS:
        extension.install()
