"""Where the local commands' answers come from."""

from edge_agent import __version__
from edge_agent.admin.reporter import Reporter, Sources
from edge_agent.admin.server import AdminSocket
from edge_agent.app.doctor import Examiner
from edge_agent.app.inside import Inside
from edge_agent.supervisor import Health


def admin_socket(inside: Inside) -> AdminSocket:
    """Build the part that answers local commands."""
    engine = inside.engine
    sources = Sources(
        config=inside.config,
        version=__version__,
        view=engine.view,
        customers=lambda: engine.customers,
        adapters=inside.adapters,
        parts=inside.reports,
        queues=inside.queues,
        screen=inside.screen_status,
        heard=lambda: inside.inbox.heard,
        holds=lambda customer: inside.stores.slice.profile(customer) is not None,
        explain=engine.explain,
    )
    health = Health("admin", inside.clock)
    reporter, examine = Reporter(sources, inside.clock), Examiner(inside).examine
    return AdminSocket(inside.config.admin.socket, reporter, examine, inside.shoot, health)
