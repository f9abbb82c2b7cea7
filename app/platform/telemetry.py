"""Traces and metrics by OpenTelemetry, as FastAPI makes them, where OTEL_EXPORTER_OTLP_ENDPOINT is set.

It says where to send them; OpenTelemetry's own variables say all else, such as OTEL_SERVICE_NAME and
OTEL_TRACES_SAMPLER. Here is what FastAPI does not know: calls that a request makes, and what nobody wants to
see.
"""

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace
from opentelemetry.trace import SpanKind

QUIET = frozenset({"/live", "/ready"})  # supervisors ask every few seconds


def _is_quiet(scope: MutableMapping[str, Any]) -> bool:
    return scope["path"] in QUIET


CONFIG: TelemetryConfig = {"auto_configure": True, "operation_spans": False, "exclude": _is_quiet}


@contextmanager
def span(name: str, **attributes: str) -> Iterator[None]:
    """Show the block as a call of the request that is at work, if that is traced.

    What belongs to no request, such as the relay's look at the outbox, is not shown.
    """
    if not trace.get_current_span().is_recording():
        yield
        return
    with trace.get_tracer("shop").start_as_current_span(name, kind=SpanKind.CLIENT, attributes=attributes):
        yield


def trace_id() -> str:
    """Return the id of the trace that is at work, as tools show it; "" outside of one."""
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else ""
