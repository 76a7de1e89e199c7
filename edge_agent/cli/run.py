"""``edge-agent run``: the unit at work."""

import gc
import os
from pathlib import Path

import click


@click.command()
@click.option("--config", "config_file", type=click.Path(path_type=Path), required=True, help="The unit's TOML file.")
@click.option("--verbose", is_flag=True, help="Log what the parts do in detail.")
def run(config_file: Path, verbose: bool) -> None:
    """Run the agent of this unit, until it is told to stop.

    It starts and keeps running when Bluetooth, broker, hub or display is absent, says so once,
    and picks the part up when it comes.
    """
    import asyncio

    from edge_agent.app.agent import Agent
    from edge_agent.app.hold import hold
    from edge_agent.logs import configure
    from edge_agent.settings import load_config

    configure(verbose=verbose)
    config = load_config(config_file)
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    with hold(config.folder):
        agent = Agent(config, None if credentials is None else Path(credentials))
        # What is here by now stays. The garbage collector would walk all of it again after each page of the slice, and
        # nothing else happens meanwhile: 100 ms, longer on a Raspberry Pi.
        gc.freeze()
        asyncio.run(agent.run())
