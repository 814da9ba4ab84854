"""What an owner adds to somebody else's post."""

from pydantic import BaseModel, Field

from cocreate.core.tables import MAX_ID
from forum.scenes.service import CHARACTERS, SceneDraft


class SceneForm(BaseModel):
    """A scene, written below the post, or the words of a draft that turned out to be the same wish (`title`)."""

    title: str = Field("", max_length=200)
    body: str = Field("", max_length=10_000)
    vehicle_id: int | None = Field(None, ge=1, le=MAX_ID)
    model: str = Field("", max_length=60)
    draft: str = Field("", max_length=80)

    def scene(self) -> SceneDraft:
        """What the service takes: title and body as one text."""
        text = "\n".join(part for part in (self.title.strip(), self.body.strip()) if part)
        return SceneDraft(body=text[:CHARACTERS], vehicle_id=self.vehicle_id, model=self.model)


class SceneTextForm(BaseModel):
    """A scene as its author wants it now."""

    body: str = Field(min_length=1, max_length=CHARACTERS)
