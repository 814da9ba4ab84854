"""What is typed to sign in."""

from pydantic import BaseModel, Field


class SignInForm(BaseModel):
    email: str = Field(max_length=254)
    password: str = Field(max_length=200)
    next: str = "/"
