"""dj-cadence (党建节拍): recurring duties of Party organizations in schools, kept in time."""

__version__ = "0.1.0"
