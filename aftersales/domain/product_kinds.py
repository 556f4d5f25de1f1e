"""General nouns of goods ("那双鞋", "the trousers"): a word of a kind stands for whatever titles of that kind say."""

# ruff: noqa: E501 - a pattern reads best on one line

from __future__ import annotations

import re

_KINDS = {
    kind: re.compile(rf"{zh}|\b(?:{en})\b", re.IGNORECASE)
    for kind, zh, en in (
        ("shoes", r"鞋(?![架柜])|[皮马短长山]靴|靴子", r"shoes?|sneakers?|trainers?|footwear|boots?|sandals?|loafers?|heels|slippers?|flip-?flops"),
        ("trousers", r"(?<!内)裤(?!袜)", r"trousers?|pants|jeans|joggers?|leggings|slacks|chinos?|shorts"),
        ("tops", r"衬衫|衬衣|T\s?恤|短袖|上衣|背心", r"t-?\s?shirts?|tees?|shirts?|blouses?|polos?"),
        ("sweaters", r"毛衣|羊毛衫|羊绒衫|针织衫|卫衣|套头衫", r"sweaters?|jumpers?|pullovers?|hood(?:ie|y|ies)|sweatshirts?|cardigans?|knitwear"),
        ("jackets", r"外套|夹克|大衣|羽绒服|风衣|棉服|棉衣|冲锋衣", r"jackets?|coats?|parkas?|blazers?|anoraks?"),
        ("dresses", r"裙", r"dress(?:es)?|skirts?|gowns?"),
        ("underwear", r"内裤|内衣|文胸", r"underwear|briefs|boxers?|panties|bras?|underpants"),
        ("socks", r"袜", r"socks?|stockings?|tights"),
        ("hats", r"(?<!连)帽", r"hats?|caps?|beanies?"),
        ("scarves", r"围巾|丝巾|披肩", r"scar(?:f|ves)|shawls?"),
        ("glasses", r"眼镜|太阳镜|墨镜", r"sunglasses|shades|glasses|eyewear|spectacles"),
        ("bags", r"(?:背|双肩|单肩|托特|斜挎|手提|书|挎|腰|钱|帆布)包|包包|[这那]个?包(?!裹|装|邮)", r"bags?|backpacks?|rucksacks?|daypacks?|totes?|handbags?|purses?|satchels?"),
        ("suitcases", r"行李箱|旅行箱|登机箱|拉杆箱|[这那]个?箱子", r"suitcases?|luggage|carry-?ons?|trolley case"),
        ("headphones", r"耳机|耳塞|耳麦", r"headphones?|earphones?|earbuds?|headsets?|airpods?|buds"),
        ("speakers", r"音箱|音响|喇叭|扬声器", r"speakers?|soundbars?"),
        ("keyboards", r"键盘", r"keyboards?"),
        ("phone_cases", r"手机[壳套]|保护[壳套]", r"(?:phone|mobile|iphone|protective) (?:cases?|covers?|shells?)"),
        ("watches", r"手表|腕表|手环", r"watch(?:es)?|smart ?watch(?:es)?|wristbands?"),
        ("cups", r"杯(?!垫)", r"cups?|mugs?|tumblers?"),
        ("flasks", r"水壶|保温[壶瓶]|水瓶", r"flasks?|thermos(?:es)?|water bottles?"),
        ("bedding", r"床单|被套|床品|[三四六]件套|床上用品", r"bedding|bed ?linens?|sheets?|duvet(?: covers?| sets?)?|bed ?sets?|pillowcases?"),
        ("towels", r"毛巾|浴巾", r"towels?"),
        ("lamps", r"(?<!头)灯(?!光|泡)", r"lamps?|desk lights?|table lights?"),
        ("pans", r"锅", r"pans?|woks?|skillets?|saucepans?"),
        ("readers", r"阅读器|电纸书", r"e-?(?:book )?readers?|kindles?|e-?ink readers?"),
        ("cameras", r"相机|照相机", r"cameras?"),
        ("books", r"(?<!电子)(?<!明)(?<!证)书(?![包桌架柜])|小说", r"books?(?! (?:a|an|the|me|it|my)\b)|novels?|paperbacks?"),
        ("tents", r"帐篷", r"tents?"),
        ("mats", r"瑜伽垫|健身垫", r"(?:yoga|exercise) mats?"),
        ("necklaces", r"项链|吊坠", r"necklaces?|pendants?"),
        ("lipsticks", r"口红|唇膏|唇釉", r"lipsticks?|lip ?gloss"),
        ("creams", r"面霜|乳霜|护肤霜", r"(?:face|facial|moisturi[sz]ing) creams?|moisturi[sz]ers?"),
        ("shampoos", r"洗发[水露]|洗头膏", r"shampoos?"),
        ("teas", r"茶(?!几|杯|具|壶|色)", r"teas?"),
        ("coffees", r"咖啡豆?", r"coffees?|coffee beans"),
    )
}  # fmt: skip


def kinds_of(text: str) -> set[str]:
    """The kinds of goods that a text or a title names; their names begin with a mark that no word has."""
    return {f"#{kind}" for kind, words in _KINDS.items() if words.search(text)}
