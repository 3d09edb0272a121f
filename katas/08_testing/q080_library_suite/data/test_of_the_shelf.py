"""Hidden tests in the folder of unit tests: the catalogue is there for all."""

import desk_notes
import pytest


@pytest.mark.parametrize("number", [1, 2])
def test_catalogue_of_the_shelf(catalogue, number):
    desk_notes.same(catalogue)
