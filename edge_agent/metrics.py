"""Metrics of a unit for Prometheus. Counts only, nothing about anybody; labels are our own words: parts and reasons."""

from collections.abc import Callable, Iterable, Mapping
from itertools import accumulate

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from edge_agent.contracts.storage import DiskReport
from edge_agent.contracts.unit import PartReport
from edge_agent.decide.patterns import failures
from edge_agent.frames.rejection import Rejection
from edge_agent.identify.recogniser import Recogniser
from edge_agent.loop import Inbox
from edge_agent.radio.listener import Listener
from edge_agent.radio.recovery import RUNGS
from edge_agent.screen.traces import BUCKETS_S, Traces
from edge_agent.store.opening import Stores


class Metrics(Collector):
    """Reads the figures when somebody asks, so that nothing is counted twice or kept for its own sake."""

    def __init__(
        self,
        inbox: Inbox,
        stores: Stores,
        reports: Callable[[], tuple[PartReport, ...]],
        rejected: Mapping[str, int],
    ) -> None:
        """``rejected``: what of the advertisements was not understood, by reason."""
        self._inbox = inbox
        self._stores = stores
        self._reports = reports
        self._rejected = rejected
        self.listeners: list[Listener] = []
        """What listens, one for each Bluetooth adapter."""
        self.recogniser: Recogniser | None = None
        """Who recognises devices, once there is somebody."""
        self.traces: Traces | None = None
        """How long scenes take, once there is a screen."""
        self.disk: Callable[[], DiskReport] = DiskReport
        """What the disk refuses, once there is an engine."""
        self.registry = CollectorRegistry()
        """For the web server."""
        self.registry.register(self)

    def collect(self) -> Iterable[Metric]:
        """Return every metric as it is now."""
        running = GaugeMetricFamily("edge_agent_part_running", "1 while a part works", labels=["part"])
        for report in self._reports():
            running.add_metric([report.part], 1.0 if report.state == "running" else 0.0)
        yield running
        yield from self._adapters()
        yield from self._advertisements()
        yield from self._queues()
        yield from self._disk()
        if self.recogniser is not None:
            yield from _recognition(self.recogniser)
        if self.traces is not None:
            yield _scenes(self.traces)
        plain = failures.total()
        yield CounterMetricFamily("edge_agent_wordings_failed", "Sentences that could not be filled", value=plain)
        yield GaugeMetricFamily("edge_agent_profiles", "Profiles held", value=self._stores.slice.count())

    def _adapters(self) -> Iterable[Metric]:
        healthy = GaugeMetricFamily("edge_agent_adapter_healthy", "1 while it hears as is usual", labels=["adapter"])
        heard = CounterMetricFamily("edge_agent_adapter_heard", "Advertisements, of everybody", labels=["adapter"])
        steps = CounterMetricFamily(
            "edge_agent_adapter_recovery_steps", "Steps of the recovery ladder", labels=["adapter", "step"]
        )
        for listener in self.listeners:
            adapter = listener.adapter
            healthy.add_metric([adapter], float(listener.healthy))
            heard.add_metric([adapter], listener.heard.total)
            for rung in RUNGS:
                steps.add_metric([adapter, rung.step], listener.ladder.taken[rung.step])
        yield from (healthy, heard, steps)

    def _advertisements(self) -> Iterable[Metric]:
        dropped = self._inbox.radio.dropped
        yield CounterMetricFamily("edge_agent_advertisements_dropped", "Heard, but too many at once", value=dropped)
        rejected = CounterMetricFamily(
            "edge_agent_advertisements_rejected", "Parts of what was heard that were not understood", labels=["reason"]
        )
        for reason in Rejection:
            rejected.add_metric([reason], self._rejected.get(reason, 0))
        yield rejected

    def _queues(self) -> Iterable[Metric]:
        replies = self._inbox.clerks.dropped
        yield CounterMetricFamily("edge_agent_replies_dropped", "From tablets, but too many at once", value=replies)
        told = self._inbox.units.dropped
        yield CounterMetricFamily("edge_agent_unit_messages_dropped", "From units, but too many at once", value=told)
        waiting = len(self._inbox)
        yield GaugeMetricFamily("edge_agent_inputs_waiting", "Inputs that the engine has not seen yet", value=waiting)
        outbox = self._stores.journal.waiting()
        yield GaugeMetricFamily("edge_agent_outbox_events", "Events that the hub has not taken yet", value=outbox)
        dead = self._stores.journal.dead()
        yield GaugeMetricFamily("edge_agent_dead_letters", "Events that the hub has refused", value=dead)

    def _disk(self) -> Iterable[Metric]:
        disk = self.disk()
        refused = float(disk.refused_since is not None)
        yield GaugeMetricFamily("edge_agent_disk_refuses", "1 while the disk takes no rows", value=refused)
        rows = disk.rows_waiting
        yield GaugeMetricFamily("edge_agent_rows_waiting", "Rows in memory that the disk has not taken", value=rows)
        lost = disk.rows_lost
        yield CounterMetricFamily("edge_agent_rows_lost", "Rows that the disk did not take in time", value=lost)
        erasures = disk.erasures_waiting
        yield GaugeMetricFamily("edge_agent_erasures_waiting", "Withdrawals not yet erased from disk", value=erasures)


def _recognition(recogniser: Recogniser) -> Iterable[Metric]:
    old = recogniser.ignored
    yield CounterMetricFamily("edge_agent_old_ids_ignored", "Ids of devices that had sent a later one", value=old)
    unserved = recogniser.index.unserved
    yield GaugeMetricFamily("edge_agent_devices_unserved", "They change their id too often", value=unserved)


def _scenes(traces: Traces) -> Metric:
    """Return how long each stretch of scenes' ways took; the label is the stretch, and nothing else."""
    family = HistogramMetricFamily("edge_agent_scene_seconds", "From advertisement to first frame", labels=["stretch"])
    bounds = [str(bound_s) for bound_s in BUCKETS_S] + ["+Inf"]
    for stretch, histogram in traces.histograms.items():
        counted = list(zip(bounds, accumulate(histogram.counts), strict=True))
        family.add_metric([stretch], counted, histogram.sum_s)
    return family
