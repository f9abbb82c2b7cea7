"""aws:glue: what tables the data lake has."""

from scripts.local import ACCOUNT
from scripts.local.engine.registry import Created, creates
from scripts.local.engine.resource import Resource

NAME_LIMIT = 255


@creates("aws:glue/catalogDatabase:CatalogDatabase")
def catalog_database(resource: Resource) -> Created:
    """Create a database of the catalogue."""
    tags = resource.take_tags()
    name = resource.take_name(limit=NAME_LIMIT)
    database = {"databaseInput": {"name": name, **resource.rest()}}
    resource.send("glue", "create_database", database, Tags=tags)
    return f"{ACCOUNT}:{name}", {
        "name": name,
        "catalogId": ACCOUNT,
        "arn": resource.arn("glue", f"database/{name}"),
    }


@creates("aws:glue/catalogTable:CatalogTable")
def catalog_table(resource: Resource) -> Created:
    """Create a table of the catalogue."""
    name, database = resource.take_name(limit=NAME_LIMIT), resource.take("databaseName")
    table = {"tableInput": {"name": name, **resource.rest()}}
    resource.send("glue", "create_table", table, {"serDeInfo": "SerdeInfo"}, DatabaseName=database)
    return f"{ACCOUNT}:{database}:{name}", {
        "name": name,
        "catalogId": ACCOUNT,
        "arn": resource.arn("glue", f"table/{database}/{name}"),
    }
