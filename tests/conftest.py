"""What tests of every kind share: botocore's description of AWS, read from its files once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from unittest import mock

import pytest
from botocore.loaders import create_loader


@pytest.fixture(scope="session", autouse=True)
def one_loader() -> Iterator[None]:
    """Sessions share a loader; with one each, every world would read megabytes of JSON anew.

    A test whose data differ registers a loader of its own with its session.
    """
    with mock.patch("botocore.session.create_loader", cache(create_loader)):
        yield
