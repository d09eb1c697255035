"""What tests of the record share."""

from __future__ import annotations

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.emr.clinic import Clinic, open_clinic


@pytest.fixture
async def clinic(conn: AsyncConnection) -> Clinic:
    """The cast in an empty record, on the restricted login's connection."""
    return await open_clinic(conn)
