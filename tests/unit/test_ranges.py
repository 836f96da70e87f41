"""`--vary PATTERN=evidence`: the laws that the evidence gives."""

import pytest

from sim.inputs.text import InputError
from sim.sweeps.ranges import expanded
from sim.uncertainty import WHOLES
from tests.worlds import registry


def test_a_path_takes_its_law_in_its_unit():
    ((_, text),) = expanded(["market.cover_target_months=evidence"], registry())
    assert text == "market.cover_target_months=triangular(3, 4, 6) month"


def test_a_pattern_takes_all_that_vary_but_the_shares_of_a_whole():
    evidence = registry()
    paths = [text.partition("=")[0] for _, text in expanded(["processing.*=evidence"], evidence)]
    family = [
        one for one in evidence.parameters.values() if one.family == "processing" and one.low < one.high
    ]
    assert set(paths) == {one.name for one in family} - set(WHOLES[0])


@pytest.mark.parametrize("order", [1, -1])
def test_what_is_given_by_its_path_stands_in_place_of_the_pattern(order):
    asked = ["market.cover_*=evidence", "market.cover_exponent=uniform(0.3, 0.4)"]
    texts = expanded(asked[::order], registry())
    assert [text for _, text in texts if "exponent" in text] == ["market.cover_exponent=uniform(0.3, 0.4)"]


def test_a_path_that_is_given_twice_is_there_twice_to_be_told():
    asked = ["market.cover_exponent=evidence", "market.cover_exponent=0.4", "market.cover_*=evidence"]
    numbers = [number for number, text in expanded(asked, registry()) if "exponent" in text]
    assert numbers == [1, 2]


def test_other_texts_are_left_as_they_are():
    assert expanded(["events.shut.lasts=30 d, 60 d"], registry()) == ((1, "events.shut.lasts=30 d, 60 d"),)


@pytest.mark.parametrize("text", ["market.cover_exponnt=evidence", "market.ndpr_cny_per_t=evidence"])
def test_a_pattern_without_a_range_is_refused(text):
    with pytest.raises(InputError, match="no parameter with a range"):
        expanded([text], registry())
