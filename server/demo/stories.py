"""Everybody's story. Each part is one patient's six months."""

from server.demo import (
    story_ada,
    story_caleb,
    story_gwen,
    story_ines,
    story_marcus,
    story_noor,
    story_peter,
    story_rosa,
)

STORIES = (
    story_ada.STORY,
    story_marcus.STORY,
    story_noor.STORY,
    story_peter.STORY,
    story_ines.STORY,
    story_gwen.STORY,
    story_rosa.STORY,
    story_caleb.STORY,
)
