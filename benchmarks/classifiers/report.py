"""The table of the model card."""

from benchmarks.classifiers.measure import Result

RIGHT = ("written_zh", "written_en", "mixed", "bitext", "tau_fewshot", "hint3", "clinc150", "crosswoz_zh")
FALSE = ("hint3", "banking77", "clinc150", "hwu64")
MEASURED = {*RIGHT, *FALSE}


def heading(examples: int) -> list[str]:
    """The lines above the rows; `examples` is how many there are to learn from."""
    names = [
        f"classifier, from {examples:,} examples",
        *RIGHT,
        *(f"false on {name}" for name in FALSE),
        "s",
        "ms",
        "MB",
    ]
    return [f"| {' | '.join(names)} |", "|---" * len(names) + "|"]


def line(name: str, result: Result) -> str:
    """One row; sets that were not measured have a dash."""
    shares = [result.right.get(one) for one in RIGHT]
    shares += [result.false.get(one) for one in FALSE]
    costs = [f"{result.seconds:.0f}", f"{result.milliseconds:.1f}", f"{result.megabytes:.0f}"]
    return f"| {' | '.join([name, *map(_share, shares), *costs])} |"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}".removeprefix("0")
