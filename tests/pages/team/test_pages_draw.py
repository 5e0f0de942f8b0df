"""Every page of the team draws, whole and in part, for whoever may see it."""

import pytest
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.pages.team.conftest import Browse

OPEN = ["/signin", "/signup", "/forgot", "/dev/mailbox"]
OWN = [
    "/settings",
    "/settings/team",
    "/settings/audit",
    "/profile",
    "/settings/preferences",
    "/settings/sessions",
    "/organizations/new",
    "/notices",
]
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.mark.parametrize("path", OPEN)
def test_a_page_before_the_door_draws_for_everybody(client: FlaskClient, path: str) -> None:
    response = client.get(path)

    assert response.status_code == 200
    assert "<h1" in response.text


@pytest.mark.parametrize("path", OWN)
def test_a_page_draws_for_an_owner(cast: Cast, browse: Browse, path: str) -> None:
    response = browse(cast.alice).get(path)

    assert response.status_code == 200
    assert "Acme" in response.text


@pytest.mark.parametrize("path", [*OWN[:6], "/notices"])
def test_a_part_of_a_page_has_no_shell(cast: Cast, browse: Browse, path: str) -> None:
    response = browse(cast.alice).get(path, headers=PARTIAL)

    assert response.status_code == 200
    assert "<html" not in response.text


@pytest.mark.parametrize("path", OWN)
def test_nobody_is_sent_to_sign_in(client: FlaskClient, path: str) -> None:
    response = client.get(path)

    assert response.status_code == 303
    assert response.location.startswith("/signin?next=")
