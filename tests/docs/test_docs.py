"""What the papers tell people to type does what they say."""

from __future__ import annotations

import pytest

from tests.docs.pages import Page, pages
from tests.docs.session import Session


@pytest.mark.parametrize("paper", pages(), ids=lambda paper: paper.name)
def test_a_reader_who_types_what_stands_there_sees_what_stands_there(paper: Page, session: Session) -> None:
    problems = list(session.follow(paper))

    assert not problems, "\n".join(problems)
