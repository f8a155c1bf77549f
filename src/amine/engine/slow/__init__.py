"""Slow signals: concentrations, occupancies and second messengers, advanced every millisecond, and the parameters they change."""
