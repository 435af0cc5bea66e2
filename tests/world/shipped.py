"""The rules that come with the package, read once for all tests of a process."""

from functools import cache

from dj_cadence.loading.rules.catalogue import LoadedRules, load_catalogue, shipped_schedules


@cache
def shipped() -> LoadedRules:
    return load_catalogue([shipped_schedules()])
