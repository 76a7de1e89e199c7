"""Numbers that are decisions, with their reasons. What IT may tune is in ``contracts.config`` instead."""

RSSI_KEEP_S = 60.0
"""RSSI samples older than this are forgotten (hard rule 2)."""

VISIT_KEEP_S = 1800.0
"""A visit is purged from the journal so long after its end (hard rule 2)."""

LEASE_MAX_S = 7 * 86_400.0
"""No slice is used for longer without a pull, whatever the wall clock says."""

OPEN_KEEP_S = 86_400.0
"""A visit that began so long ago is over, and a card so long past its time too, whatever state they are in."""

WITHDRAWAL_KEEP_S = 30 * 86_400.0
"""A withdrawal binds the unit for so long even if the hub never hears of it; by then every lease has run out."""

QUEUED_KEEP_S = 31 * 86_400.0
"""A personal event that the hub has not taken for so long is deleted: a day more than a unit may be offline."""

DEAD_LETTER_KEEP_S = 30 * 86_400.0
"""A rejected event is kept so long for a look, counted from when it happened."""

SET_ASIDE_KEEP_S = 86_400.0
"""A copy of a corrupt slice is kept so long for a look; that of a corrupt journal as long as the visits in it."""

CONTACT_KEEP_S = 90 * 86_400.0
"""Contacts older than this are forgotten; longer caps are counted by the platform alone."""

RADIO_QUEUE_MAX = 4096
"""Advertisements waiting for the engine: eight seconds of the densest air that one scanner can hear (490/s)."""

RESTART_MIN_S = 1.0
RESTART_MAX_S = 60.0
"""A part that fails is restarted after a random share of RESTART_MIN_S, doubling to RESTART_MAX_S."""

STEADY_S = 120.0
"""A part that ran for so long before it failed starts again from RESTART_MIN_S. More than RESTART_MAX_S."""

UNIT_CREDENTIAL = "unit-key"
"""Name of the systemd credential that holds the unit key, which opens the slice."""

MEASURED_POWER_DBM = -59
"""RSSI at 1 m of a phone whose frame does not tell it (the operator's service UUID): a common phone's."""

APPOINTMENT_LATE_S = 3600.0
"""She is still expected at an appointment that began so long ago."""

SLOT_OVERLAP_S = 60.0
"""How long ids of earlier slots of a device still count after the first of a later one: advertisements may wait in the
radio, and the two forms that a phone sends need not change in the same moment."""

EPOCH_MIN_S = 43_200
"""The slice's epoch key is changed after an erasure, but not more often than this: it rewrites each row. So a day's
withdrawals are shredded twelve hours after they were said at the latest, and mostly within minutes."""
