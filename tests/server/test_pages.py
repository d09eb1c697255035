"""Every page of the house answers whom it should, and looks like nothing to everybody else."""

import pytest

from tests.server.web_process import Running


async def test_a_stranger_is_sent_to_sign_in_and_back(running: Running) -> None:
    nobody = await running.nobody()
    answer = await nobody.get("/day")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Fday"


@pytest.mark.parametrize(
    ("name", "path"),
    [("drew", "/day"), ("olu", "/log"), ("carla", "/people"), ("sofia", "/patients")],
)
async def test_each_role_begins_at_its_own_page(running: Running, name: str, path: str) -> None:
    person = await running.as_(name)
    answer = await person.get("/home")
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    page = await person.get(path)
    assert page.status_code == 200, page.text[:2000]


async def test_a_patient_sees_the_next_visit(running: Running) -> None:
    ada = await running.as_("ada")
    page = await ada.get("/home")
    assert page.status_code == 200
    assert "Dr. Drew Cast" in page.text


async def test_without_a_turn_server_no_credentials_are_given(running: Running) -> None:
    ada = await running.as_("ada")
    page = (await ada.get(f"/visits/{running.clinic.visits['ada']}/prepare")).text
    assert "data-call" in page
    assert "data-turn" not in page
