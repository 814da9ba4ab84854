"""The planted faults can be planted: `python -m tools.plant_faults` runs them, which takes too long for every day."""

from pathlib import Path

import pytest

from tools.faults.fault import Fault
from tools.plant_faults import faults

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("fault", list(faults()), ids=lambda fault: fault.name)
def test_a_fault_fits_the_code_and_names_a_test(fault: Fault) -> None:
    source = (ROOT / fault.file).read_text(encoding="utf-8")
    assert source.count(fault.old) == 1
    assert fault.new != fault.old
    file, _, name = fault.test.partition("::")
    assert name.partition("[")[0] in (ROOT / file).read_text(encoding="utf-8")


def test_names_are_their_own() -> None:
    names = [fault.name for fault in faults()]
    assert sorted(set(names)) == sorted(names)
