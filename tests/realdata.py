"""Where the real feedback lies: beside the checkout, or where COCREATE_REALDATA says; never in the repository."""

import os
from pathlib import Path

REAL_DATA = Path(os.environ.get("COCREATE_REALDATA") or Path(__file__).parent.parent.parent / "shared" / "data")
OPINIONS = REAL_DATA / "car_opinions.csv"
COMPLAINTS = REAL_DATA / "car_complaints.csv"
