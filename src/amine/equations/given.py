"""Variables that channels exchange with their cell, with units. Imports nothing, so that descriptions stay light."""

IONS = ("Ca", "Na", "K", "Cl")
CHANNEL_NAMES = {"v": "mV", "T": "K"} | {
    name: unit for x in IONS for name, unit in ((f"{x}_i", "uM"), (f"E_{x}", "mV"), (f"i_{x}", "pA/um**2"))
}
