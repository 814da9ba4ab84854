"""What staff and members enter about points."""

from pydantic import BaseModel, Field

MOST = 1_000_000


class RuleForm(BaseModel):
    """A rule as it shall stand; an empty cap or duration means none."""

    amount: int = Field(ge=0, le=MOST)
    day_cap: int | None = Field(None, ge=0, le=MOST)
    week_cap: int | None = Field(None, ge=0, le=MOST)
    months: int | None = Field(None, ge=1, le=240)
    active: bool = False


class GrantForm(BaseModel):
    """Points for one member, with the reason that they read."""

    who: str = Field(min_length=1, max_length=60)
    amount: int = Field(ge=1, le=MOST)
    reason: str = Field(min_length=2, max_length=200)


class RewardForm(BaseModel):
    """Something that points can be spent on; no stock means as many as are asked for. seen: the stock that the writer
    had before their eyes."""

    title: str = Field(min_length=1, max_length=80)
    about: str = Field("", max_length=400)
    cost: int = Field(ge=1, le=MOST)
    stock: int | None = Field(None, ge=0, le=MOST)
    seen: int | None = Field(None, ge=0, le=MOST)
    active: bool = False


class RedeemForm(BaseModel):
    """The price and the balance that the member saw."""

    cost: int
    balance: int
