"""The environment of a function's process, as Lambda sets it."""

from pathlib import Path

from scripts.local.runtime.functions.deployed import DeployedFunction


def reserved_variables(function: DeployedFunction, *, code: Path, runtime: Path, api: str) -> dict[str, str]:
    """Return the variables that Lambda sets itself, without region and credentials.

    `code` and `runtime` are the folders of the function's code and of what AWS's runtime brings; `api` is the
    Runtime API's `host:port`. The list is that of the Lambda developer guide, "Working with Lambda
    environment variables: defined runtime environment variables".
    """
    return {
        "_HANDLER": function.handler,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": f"[$LATEST]{api.rpartition(':')[2]}",
        "AWS_LAMBDA_RUNTIME_API": api,
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "LAMBDA_RUNTIME_DIR": str(runtime),
        "LAMBDA_TASK_ROOT": str(code),
        "LANG": "en_US.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        # The zip comes first: what it brings along wins over what the runtime has.
        "PYTHONPATH": f"{code}:{runtime}",
        "TZ": ":UTC",
    }
