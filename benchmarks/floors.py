"""The floors of floors.yml, and whether a table keeps them."""

from pathlib import Path

import yaml

FILE = Path(__file__).with_name("floors.yml")

Table = dict[str, dict[str, float]]
Floors = dict[str, Table]


def read_floors(path: Path = FILE) -> Floors:
    """{"least" | "most": {set: {column: value}}}."""
    floors: Floors = yaml.safe_load(path.read_text(encoding="utf8"))
    return floors


def below_floor(table: Table, floors: Floors) -> list[str]:
    """One line per floor that is not kept; sets that were not measured have none to keep."""
    broken = []
    for bound, sets in floors.items():
        for name, columns in sets.items():
            for column, limit in columns.items() if name in table else ():
                value = table[name][column]
                if not (value >= limit if bound == "least" else value <= limit):
                    broken.append(f"{name}: {column} is {value:.3f}, at {bound} {limit} is wanted")
    return broken
