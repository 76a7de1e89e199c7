import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from edge_agent.bus.connection import Bus
from edge_agent.clock import SystemClock
from edge_agent.contracts.config import BrokerConfig
from edge_agent.contracts.topics import StoreTopics
from edge_agent.supervisor import Health, supervise
from tests.bus.brokers import Broker, mosquitto, nats

TOPICS = StoreTopics("vienna-1")


@pytest.fixture(params=["mosquitto", "nats"])
async def broker(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Broker]:
    """Each kind of broker that the product runs with."""
    started = mosquitto(tmp_path) if request.param == "mosquitto" else nats(tmp_path)
    await started.start()
    yield started
    started.kill()


def make_bus(broker: Broker, unit: str = "unit-1", **overrides: object) -> Bus:
    config = BrokerConfig.model_validate(
        {"host": broker.host, "port": broker.port, "username": broker.username, **overrides}
    )
    clock = SystemClock("always")
    return Bus(config, TOPICS.store, unit, clock, Health("bus", clock), password=broker.password)


@contextlib.asynccontextmanager
async def running(bus: Bus) -> AsyncIterator[None]:
    """Run a bus under its supervisor, restarted without the long waits of production."""
    task = asyncio.create_task(supervise(bus, SystemClock("always"), sleep=lambda _: asyncio.sleep(0.05)))
    try:
        await until(lambda: bus.health.report.state == "running")
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], object], limit_s: float = 30) -> None:
    """Wait for a condition; the limit only ends a test that would hang."""
    async with asyncio.timeout(limit_s):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture
def authority_file(tmp_path: Path) -> Path:
    """A certificate that signs nothing here."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "nobody")])
    now = SystemClock("always").now().utc
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "authority.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return path
