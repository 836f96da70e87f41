"""Whether pyam opens what `sim compare --iamc` writes: `make test-pyam`, in an environment of its own."""

import pytest


@pytest.mark.filterwarnings("default")  # those of pyam and of what it stands on are not ours
def test_pyam_opens_the_long_format(sim, finished, tmp_path):
    import pyam

    result = finished[0] / "results" / "short"
    done = sim("compare", result / "reference", result, "--iamc", "--out", "compared")
    assert done.returncode == 0, done.stderr
    frame = pyam.IamDataFrame(tmp_path / "compared" / "iamc.csv")
    assert set(frame.scenario) == {"baseline", "short"}
    assert {"myanmar", "china", "all"} <= set(frame.region)
    imports = frame.filter(variable="imports_t", region="myanmar")
    assert imports.unit == ["t"]
    assert imports.time_domain == "datetime"
    by_scenario = imports.timeseries().groupby("scenario").sum()
    change = frame.filter(variable="Difference to baseline|imports_t", region="myanmar").timeseries()
    told = by_scenario.loc["short"] - by_scenario.loc["baseline"]
    assert change.iloc[0].to_list() == pytest.approx(told.to_list())
    assert (change.iloc[0] < 0).any()
