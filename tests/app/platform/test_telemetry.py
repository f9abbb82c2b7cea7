"""Traces and metrics, sent to a collector of the test's own."""

import gzip
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.app.server import serving
from tests.app.shop import Arrange
from tests.waiting import PATIENCE, until

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


class Collector:
    """Keeps what it is sent."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.metrics: set[str] = set()
        self.services: set[str] = set()

    def take(self, path: str, body: bytes) -> None:
        if path == "/v1/traces":
            for sent in ExportTraceServiceRequest.FromString(body).resource_spans:
                self.services |= {
                    it.value.string_value for it in sent.resource.attributes if it.key == "service.name"
                }
                self.spans += [span for scope in sent.scope_spans for span in scope.spans]
        elif path == "/v1/metrics":
            for kept in ExportMetricsServiceRequest.FromString(body).resource_metrics:
                self.metrics |= {metric.name for scope in kept.scope_metrics for metric in scope.metrics}


@pytest.fixture
def collector() -> Iterator[tuple[Collector, str]]:
    """A collector and its address."""
    found = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            found.take(self.path, body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield found, f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


async def test_a_request_is_a_trace_with_its_queries_and_its_log_line_says_which(
    variables: dict[str, str], tmp_path: Path, collector: tuple[Collector, str], arrange: Arrange
) -> None:
    found, url = collector
    telling = variables | {
        "OTEL_EXPORTER_OTLP_ENDPOINT": url,
        "OTEL_SERVICE_NAME": "shop",
        "OTEL_BSP_SCHEDULE_DELAY": "50",
        "OTEL_METRIC_EXPORT_INTERVAL": "50",
        "LOG_LEVEL": "DEBUG",
    }
    number = await arrange.product()
    with serving(telling, tmp_path) as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=PATIENCE) as shop:
            headers = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
            assert (await shop.get(f"/products/{number}", headers=headers)).status_code == 200
        await until(lambda: any(span.kind == Span.SPAN_KIND_SERVER for span in found.spans))
        await until(lambda: "http.server.request.duration" in found.metrics)
        log = served.log.read_text()

    ours = [span for span in found.spans if span.trace_id.hex() == TRACE]
    assert {"PostgreSQL"} == {span.name for span in ours if span.kind == Span.SPAN_KIND_CLIENT}
    assert {span.trace_id.hex() for span in found.spans} == {TRACE}, "supervisors and the relay make none"
    assert found.services == {"shop"}
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    [line] = [line for line in lines if line.get("path") == f"/products/{number}"]
    assert line["trace_id"] == TRACE


def test_where_it_is_off_nothing_is_imported_that_exports() -> None:
    program = "import app.main, sys; print('opentelemetry.exporter' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert said.stdout.strip() == "False"
