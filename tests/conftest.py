"""What holds for all tests."""

from hypothesis import HealthCheck, settings

# On a busy machine any example may take long, and long to think of.
settings.register_profile("without a clock", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("without a clock")
