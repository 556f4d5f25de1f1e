from __future__ import annotations

import pytest

from aftersales.domain.masking import mask_cards


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("卡号4111111111111111扣了两次", "卡号****1111扣了两次"),
        ("my card 4111 1111 1111 1111, twice", "my card ****1111, twice"),
        ("4111-1111-1111-1111", "****1111"),
        ("6222021234567890123 被扣", "****0123 被扣"),
        ("６２２２０２１２３４５６７８９０", "****7890"),
        ("运单号 4111111111111111", "运单号 ****1111"),
    ],
)
def test_of_a_card_number_only_the_last_four_digits_are_kept(text: str, kept: str) -> None:
    assert mask_cards(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "RD2026111800001",
        "2026111800001",
        "13800138000",
        "+8613800138000",
        "我手机是 86 138 0013 8000",
        "+49 1512 3456 7890",
        "快递单号 7510012345678",
        "SF1234567890123",
        "CS2026112112345",
        "尾号8899",
        "全角ＡＢＣ　不变",
        "12345678901234567890123",
    ],
)
def test_other_numbers_stay_as_they_are(text: str) -> None:
    assert mask_cards(text) == text
