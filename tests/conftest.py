"""For every test.

`.ci/run` sets EDGE_TEST_NO_SKIP. Then a skipped test is a failed one, and hypothesis tries the same examples each time:
what lands does not depend on luck. At a desk it looks for new ones. It sets no deadline: how long an example takes on a
busy machine says nothing about the code. A shell that runs the tests in the background has them ignore Ctrl-C, and
every program that they start would inherit that.
"""

import os
import signal
from collections.abc import Generator

import pytest
from hypothesis import settings

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_NO_SKIP = bool(os.environ.get("EDGE_TEST_NO_SKIP"))
settings.register_profile("edge", deadline=None, derandomize=_NO_SKIP)
settings.load_profile("edge")


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    expected_failure = hasattr(report, "wasxfail")
    if _NO_SKIP and report.skipped and not expected_failure:
        report.outcome = "failed"
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.longrepr = f"{reason}\nNothing may be skipped while EDGE_TEST_NO_SKIP is set."


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Count a skipped test as failed."""
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Count a skipped module as failed."""
    report = yield
    _refuse_skip(report)
    return report
