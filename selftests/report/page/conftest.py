"""Pages of made fleets, each made once."""

from __future__ import annotations

from typing import Any

import pytest

from arc_compliance.report.page.build import page_model
from arc_compliance.report.page.render import render_page
from selftests.report.page.fleet import Fleet, fleet


def rendered(made: Fleet, **more: Any) -> str:
    """The page of *made*."""
    model = page_model(made.report, made.catalogue, made.strips, around=made.around, **more)
    return render_page(model)


@pytest.fixture(scope="session")
def one() -> str:
    """The page of one host on which something failed."""
    return rendered(fleet(1))


@pytest.fixture(scope="session")
def thirty() -> str:
    """The page of thirty hosts."""
    return rendered(fleet(30))


@pytest.fixture(scope="session")
def thousand() -> str:
    """The page of a thousand hosts."""
    return rendered(fleet(1000))
