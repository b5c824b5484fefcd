import re

import pytest

from core.checks import check_choice, check_flag, check_positive, check_real, check_whole


@pytest.mark.parametrize(
    ("check", "accepted"),
    [
        (lambda value: check_choice("x", value, ("a", "b")), ["a", "b"]),
        (lambda value: check_flag("x", value), [True, False]),
        (lambda value: check_whole("x", value, 1, 3), [1, 3]),
        (lambda value: check_real("x", value, 0.0, 2.5), [0, 0.0, 2.5]),
        (lambda value: check_positive("x", value, 2.5), [1e-300, 2, 2.5]),
    ],
)
def test_a_check_takes_its_range_and_refuses_all_else(check, accepted):
    for value in accepted:
        check(value)
    for value in ("", None, [], -1, 2.6, 10**5000, float("nan"), float("inf"), object()):
        with pytest.raises(ValueError, match=r"^x must be .*, got .*; (choose|give) one") as caught:
            check(value)
        assert len(str(caught.value)) < 200


@pytest.mark.parametrize("value", [True, False])
def test_a_flag_is_no_number(value):
    for check in (check_whole, check_real):
        with pytest.raises(ValueError, match=re.escape(f"got {value}")):
            check("x", value, 0, 1)
    with pytest.raises(ValueError, match=re.escape(f"got {value}")):
        check_positive("x", value, 1.0)


def test_zero_is_not_above_zero():
    with pytest.raises(ValueError, match="got 0; choose"):
        check_positive("x", 0, 1.0)
