"""Power law: found in exact and in rough curves, with intervals that hold what is true."""

import pytest

from tagline.tools.learning_curve.power_law import PowerLaw

DEVIATIONS = {100: 0.05, 200: -0.1, 400: 0.05, 800: 0.05, 1600: -0.05}


def law(deviation):
    return PowerLaw({size: 1 - 2 * size**-0.3 * (1 + deviation * each) for size, each in DEVIATIONS.items()})


def test_law_of_a_learning_curve_is_found():
    exact, rough = law(0), law(1)
    assert (exact.factor, exact.exponent) == pytest.approx((2, 0.3))
    gain = 2 * (1600**-0.3 - 2100**-0.3)
    assert exact.gain(1600, 500) == pytest.approx((gain, gain, gain), abs=1e-6)
    assert exact.interval(2100) == pytest.approx([1 - 2 * 2100**-0.3] * 2, abs=1e-6)
    _, low, high = rough.gain(1600, 500)
    assert low < gain < high
    low, high = rough.interval(2100)
    assert low < exact.f1(2100) < high
