"""``edge-agent demo``: the whole product on this machine."""

import click


@click.command()
@click.option("--seconds", type=click.FloatRange(min=5), help="End by itself after so long, with a summary.")
@click.option("--headless", is_flag=True, help="No window: the screen is drawn offscreen, watch it in the browser.")
@click.option("--port", type=click.IntRange(1024, 65535), default=8080, show_default=True, help="Port of the pages.")
def demo(seconds: float | None, headless: bool, port: int) -> None:
    """Show the whole product on this machine: hub, broker, screen and clerk's page, with simulated shoppers."""
    import asyncio

    from edge_agent.demo.show import Show

    asyncio.run(Show(seconds, headless, port).run())
