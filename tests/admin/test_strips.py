"""The picture of a calibration."""

import xml.etree.ElementTree as ElementTree

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.admin.strips import Model, strips, svg
from edge_agent.admin.text import spread
from edge_agent.contracts.admin import Sample

SAMPLES = st.lists(
    st.builds(Sample, device=st.just(1), rssi_dbm=st.integers(-128, 20), measured_power_dbm=st.just(-59)),
    min_size=1,
    max_size=60,
)
MODELS = st.builds(Model, st.floats(-40, 40), st.floats(1.5, 5))


def at(rssi_dbm: int, count: int = 20) -> list[Sample]:
    return [Sample(device=1, rssi_dbm=rssi_dbm, measured_power_dbm=-59)] * count


@given(near=SAMPLES, far=SAMPLES, before=MODELS, after=MODELS)
def test_any_samples_have_a_picture(near: list[Sample], far: list[Sample], before: Model, after: Model) -> None:
    places = {1.0: near, 4.0: far}
    lines = spread(strips(places, after), 140, colour=False)
    assert len(lines) == 5
    picture = ElementTree.fromstring(svg(places, before, after, "A & <B>"))
    assert len(picture.findall("{*}circle")) == len(near) + len(far)


def test_bars_stand_over_what_the_model_says() -> None:
    places = {1.0: at(-61), 4.0: at(-76)}
    axis, near, near_model, far, far_model = spread(strips(places, Model(2.0, 2.5)), 140, colour=False)
    assert near.index("█") == near_model.index("▲")
    assert far.index("█") == far_model.index("▲")
    assert axis.index("-70") > far.index("█")
    assert "median -61 dBm" in near


def test_a_model_gives_the_distance_that_it_was_made_for() -> None:
    model = Model(2.0, 2.5)
    assert round(model.distance_m(at(-61)), 2) == 1.0
    assert round(model.distance_m(at(-76)), 1) == 4.0
    assert model.rssi_dbm(1.0, -59) == -61
