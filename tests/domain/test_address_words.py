from __future__ import annotations

import pytest

from aftersales.domain.address_words import AddressParts, read_address


def parts(**told: object) -> AddressParts:
    return AddressParts(**told)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "地址改成上海市浦东新区世纪大道100号,李雷,",
            parts(name="李雷", city="上海市", lines=("浦东新区世纪大道100号",), country="CN"),
        ),
        (
            "帮我把地址改到北京市朝阳区建国路88号3单元502,收件人韩梅梅",
            parts(name="韩梅梅", city="北京市", lines=("朝阳区建国路88号3单元502",), country="CN"),
        ),
        (
            "寄到广东省深圳市南山区科技园路1号 王五 收",
            parts(name="王五", region="广东省", city="深圳市", lines=("南山区科技园路1号",), country="CN"),
        ),
        (
            "李雷 上海浦东新区世纪大道100号",
            parts(name="李雷", city="上海", lines=("浦东新区世纪大道100号",), country="CN"),
        ),
        ("门牌是上海市世纪大道200号", parts(city="上海市", lines=("世纪大道200号",), country="CN")),
        ("不对，是杭州市西湖区文三路98号", parts(city="杭州市", lines=("西湖区文三路98号",), country="CN")),
        ("收件人改成林晓雨", parts(name="林晓雨")),
        ("浦东新区张江路8号", parts(lines=("浦东新区张江路8号",), country="CN")),
    ],
)
def test_a_chinese_address_is_read_out_of_a_sentence(said: str, told: AddressParts) -> None:
    assert read_address(said, country="CN") == told


@pytest.mark.parametrize(
    ("said", "country", "told"),
    [
        (
            "ship it to 5 Elm St, Boston MA 02110 instead",
            "US",
            parts(lines=("5 Elm St",), city="Boston", region="MA", postcode="02110", country="US"),
        ),
        (
            "please change the delivery address to Sarah Jones, 8 Oak Lane, Leeds, LS1 4AB",
            "GB",
            parts(name="Sarah Jones", lines=("8 Oak Lane",), city="Leeds", postcode="LS1 4AB", country="GB"),
        ),
        (
            "5 Elm St, Boston, MA 02110, John Smith",
            "US",
            parts(
                name="John Smith", lines=("5 Elm St",), city="Boston", region="MA", postcode="02110", country="US"
            ),
        ),
        (
            "deliver to 5 Oak Street Bristol BS1 4DJ",
            "GB",
            parts(lines=("5 Oak Street",), city="Bristol", postcode="BS1 4DJ", country="GB"),
        ),
        (
            "send it to 77 Lake Road, Apt 4B, Denver CO 80202",
            "US",
            parts(lines=("77 Lake Road", "Apt 4B"), city="Denver", region="CO", postcode="80202", country="US"),
        ),
        ("Musterstraße 5, 10115 Berlin", "DE", parts(lines=("Musterstraße 5",), city="Berlin", postcode="10115")),
        (
            "make it 14 Park Row, Bristol BS1 5LJ",
            "GB",
            parts(lines=("14 Park Row",), city="Bristol", postcode="BS1 5LJ", country="GB"),
        ),
        (
            "no, sorry, 14 Park Row, Bristol BS1 5LJ",
            "GB",
            parts(lines=("14 Park Row",), city="Bristol", postcode="BS1 5LJ", country="GB"),
        ),
        ("recipient name is wrong, should be Mei Ling Tan", "GB", parts(name="Mei Ling Tan")),
        ("12 Park Row, Bristol", "GB", parts(lines=("12 Park Row",), city="Bristol")),
    ],
)
def test_a_western_address_is_read_out_of_a_sentence(said: str, country: str, told: AddressParts) -> None:
    assert read_address(said, country=country) == told


def test_another_country_shows() -> None:
    assert read_address("ship it to 5 Elm St, Boston MA 02110", country="GB").country == "US"
    assert read_address("寄到英国伦敦贝克街221号", country="CN").country == "GB"


@pytest.mark.parametrize(
    "said", ["改一下收货地址", "换宿舍地址", "送到公司", "change the shipping address", "wrong address!!", ""]
)
def test_a_bare_wish_holds_no_address(said: str) -> None:
    assert not read_address(said, country="CN")
