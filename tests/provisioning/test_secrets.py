"""Whatever fails, keys and profiles stay out of messages and logs."""

import logging

import pytest
from click.testing import CliRunner
from sqlalchemy.exc import SQLAlchemyError

from provisioning.cli import main
from tests.provisioning.hubs import IDENTITY_KEY, STORE, RunningHub, customer

FULL = "CREATE TRIGGER full BEFORE INSERT ON customers BEGIN SELECT RAISE(ABORT, 'disk is full'); END"


def break_database(served: RunningHub) -> None:
    with served.hub.database.writing() as connection:
        connection.exec_driver_sql(FULL)


@pytest.mark.integration
async def test_a_failing_database_is_said_without_what_it_was_to_keep(
    served: RunningHub, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    break_database(served)
    record = customer("c-anna", salutation="Frau Muster")
    with pytest.raises(SQLAlchemyError) as raised:
        served.hub.slices.put(STORE, [record], served.clock())
    caplog.set_level(logging.INFO)
    async with served.platform() as platform:
        answer = await platform.put("/customers/c-anna", json=record.model_dump(mode="json", exclude={"tokens"}))
    assert answer.status_code == 503
    assert "the database failed: IntegrityError: disk is full" in caplog.text
    written = capfd.readouterr()
    for said in (str(raised.value), answer.text, caplog.text, written.err, written.out):
        for secret in (IDENTITY_KEY, "Frau Muster", "c-anna"):
            assert secret not in said.replace("/customers/c-anna", "")


@pytest.mark.integration
async def test_the_command_line_says_what_the_database_said_and_no_more(served: RunningHub) -> None:
    with served.hub.database.writing() as connection:
        connection.exec_driver_sql("CREATE TRIGGER full BEFORE INSERT ON stores BEGIN SELECT RAISE(ABORT, 'full'); END")
    done = CliRunner().invoke(main, ["store", "add", "graz", "--folder", str(served.hub.config.folder)])
    assert (done.exit_code, done.output) == (1, "Error: the hub's database cannot be used: full\n")
