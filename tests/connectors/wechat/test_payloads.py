"""What WeChat pushes in both of its forms, and the bodies of calls to it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftersales.domain.channels import Grant, Option, Push, PushKind, Words
from connectors.wechat.accounts import AccountKind
from connectors.wechat.envelopes import Unreadable, read_fields, text_of
from connectors.wechat.payloads import encode, image_body, typing_body, words_body
from connectors.wechat.pushes import OF_CLICK, OF_ENTERING, OF_MESSAGE, read_push

ACCOUNT = "wx0123456789abcdef"
COMMON = {"ToUserName": "gh_x", "FromUserName": "oUser", "CreateTime": "1348831860"}
MESSAGE = {**COMMON, "MsgId": "1234567890123456789"}
EVENT = {**COMMON, "MsgType": "event"}


def xml_of(fields: dict[str, Any], *, root: str = "xml") -> str:
    def below(value: Any) -> str:
        return "".join(element(name, one) for name, one in value.items())

    def element(name: str, value: Any) -> str:
        if isinstance(value, list):
            return "".join(element(name, one) for one in value)
        if isinstance(value, dict):
            return f"<{name}>{below(value)}</{name}>"
        return f"<{name}><![CDATA[{value}]]></{name}>" if isinstance(value, str) else f"<{name}>{value}</{name}>"

    return f"<{root}>{below(fields)}</{root}>"


def read(body: str | bytes) -> Push | None:
    return read_push(
        read_fields(body.encode() if isinstance(body, str) else body), account=ACCOUNT, kind=AccountKind.SERVICE
    )


def push_of(fields: dict[str, Any]) -> Push:
    """The same from XML as from JSON with its numbers as texts and as numbers."""
    push = read(xml_of(fields))
    numbers = {name: _number(one) for name, one in fields.items()}
    assert push is not None
    assert read(json.dumps(fields)) == read(json.dumps(numbers)) == push
    return push


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


MESSAGES: dict[str, tuple[dict[str, Any], PushKind, dict[str, Any]]] = {
    "text": ({"MsgType": "text", "Content": "我要退货😀 #A1001"}, PushKind.TEXT, {"text": "我要退货😀 #A1001"}),
    "image": ({"MsgType": "image", "PicUrl": "http://x", "MediaId": "M-1"}, PushKind.FILE, {"media": "M-1"}),
    "video": ({"MsgType": "video", "MediaId": "V", "ThumbMediaId": "T"}, PushKind.FILE, {"media": "V"}),
    "shortvideo": ({"MsgType": "shortvideo", "MediaId": "V"}, PushKind.FILE, {"media": "V"}),
    "voice heard": ({"MsgType": "voice", "MediaId": "V", "Recognition": "退款"}, PushKind.VOICE, {"text": "退款"}),
    "voice heard as nothing": ({"MsgType": "voice", "Recognition": ""}, PushKind.VOICE, {"text": ""}),
    "voice": ({"MsgType": "voice", "MediaId": "V", "Format": "amr"}, PushKind.VOICE, {"text": ""}),
    "place": (
        {"MsgType": "location", "Location_X": "23.1", "Location_Y": "113.3", "Scale": "20", "Label": "广州市"},
        PushKind.PLACE,
        {"text": "广州市"},
    ),
    "place without a name": (
        {"MsgType": "location", "Location_X": "23.1", "Location_Y": "113.3", "Label": ""},
        PushKind.PLACE,
        {"text": "23.1, 113.3"},
    ),
    "link": (
        {"MsgType": "link", "Title": "羊毛衫", "Description": "", "Url": "https://shop.example/12345678"},
        PushKind.TEXT,
        {"text": "羊毛衫"},
    ),
    "page": ({"MsgType": "miniprogrampage", "Title": "羊毛衫", "AppId": "wx1"}, PushKind.TEXT, {"text": "羊毛衫"}),
    "page without a title": ({"MsgType": "miniprogrampage", "AppId": "wx1"}, PushKind.UNREADABLE, {}),
    "sticker": (
        {"MsgType": "text", "Content": "【收到不支持的消息类型，暂无法显示】"},
        PushKind.UNREADABLE,
        {},
    ),
    "empty text": ({"MsgType": "text", "Content": " "}, PushKind.UNREADABLE, {}),
    "image without media": ({"MsgType": "image"}, PushKind.UNREADABLE, {}),
    "place without a place": ({"MsgType": "location"}, PushKind.UNREADABLE, {}),
    "a type of tomorrow": ({"MsgType": "hologram", "Shape": "cube"}, PushKind.UNREADABLE, {}),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_is_read(name: str) -> None:
    fields, kind, body = MESSAGES[name]
    push = push_of({**MESSAGE, **fields})
    assert (push.kind, push.body) == (kind, body)
    assert (push.sender.channel, push.sender.account, push.sender.id) == ("wechat", ACCOUNT, "oUser")
    assert (push.key, push.rank) == ("m:1234567890123456789", 0)
    assert push.sent_at == datetime.fromtimestamp(1348831860, UTC)
    assert push.grant == OF_MESSAGE
    assert (OF_MESSAGE.messages, OF_MESSAGE.lasts) == (5, timedelta(hours=48))


EVENTS: dict[str, tuple[dict[str, Any], PushKind, dict[str, Any], Grant | None]] = {
    "menu": ({"Event": "CLICK", "EventKey": "退货"}, PushKind.MENU, {"text": "退货"}, OF_CLICK),
    "menu with a code": (
        {"Event": "scancode_waitmsg", "EventKey": "扫码退货", "ScanCodeInfo": {"ScanType": "qrcode"}},
        PushKind.MENU,
        {"text": "扫码退货"},
        OF_CLICK,
    ),
    "follow": ({"Event": "subscribe"}, PushKind.ENTER, {"scene": ""}, OF_CLICK),
    "follow by a code": (
        {"Event": "subscribe", "EventKey": "qrscene_123", "Ticket": "T"},
        PushKind.ENTER,
        {"scene": "123"},
        OF_CLICK,
    ),
    "scan": ({"Event": "SCAN", "EventKey": "123", "Ticket": "T"}, PushKind.ENTER, {"scene": "123"}, OF_CLICK),
    "entering a mini-program's chat": (
        {"Event": "user_enter_tempsession", "SessionFrom": "order-page"},
        PushKind.ENTER,
        {"scene": "order-page"},
        OF_ENTERING,
    ),
    "leaving": ({"Event": "unsubscribe", "EventKey": ""}, PushKind.LEAVE, {}, None),
    "template arrived": (
        {"Event": "TEMPLATESENDJOBFINISH", "MsgID": "200163836", "Status": "success"},
        PushKind.OUTCOME,
        {"reference": "200163836", "delivered": True, "reason": ""},
        None,
    ),
    "template refused": (
        {"Event": "TEMPLATESENDJOBFINISH", "MsgID": "200163837", "Status": "failed:user block"},
        PushKind.OUTCOME,
        {"reference": "200163837", "delivered": False, "reason": "failed:user block"},
        None,
    ),
}


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_is_read_and_its_name_is_known_in_any_case(name: str) -> None:
    fields, kind, body, grant = EVENTS[name]
    push = push_of({**EVENT, **fields})
    assert (push.kind, push.body, push.grant) == (kind, body, grant)
    other = {**EVENT, **fields, "Event": fields["Event"].swapcase(), "MsgType": "EVENT"}
    assert (push_of(other).kind, push_of(other).body) == (kind, body)


def test_clicks_allow_three_messages_within_a_minute_and_entering_two() -> None:
    assert (OF_CLICK.messages, OF_CLICK.lasts) == (3, timedelta(minutes=1))
    assert (OF_ENTERING.messages, OF_ENTERING.lasts) == (2, timedelta(minutes=1))


def test_a_click_on_an_item_of_a_menu_is_a_choice_and_no_typed_message() -> None:
    push = push_of({**MESSAGE, "MsgType": "text", "Content": "满意", "bizmsgmenuid": "101"})
    assert (push.kind, push.body, push.grant) == (PushKind.CHOICE, {"choice": "101", "text": "满意"}, OF_CLICK)


@pytest.mark.parametrize("option", ["abc", "1" * 21, "１２", "-1"])
def test_an_item_that_is_none_of_ours_is_its_words(option: str) -> None:
    push = push_of({**MESSAGE, "MsgType": "text", "Content": "满意", "bizmsgmenuid": option})
    assert (push.kind, push.body, push.grant) == (PushKind.TEXT, {"text": "满意"}, OF_CLICK)


IGNORED: list[dict[str, Any]] = [
    {"Event": "LOCATION", "Latitude": "23.1", "Longitude": "113.3", "Precision": "119.3"},
    {"Event": "VIEW", "EventKey": "https://shop.example/", "MenuId": "1"},
    {"Event": "view_miniprogram", "EventKey": "pages/index"},
    {"Event": "debug_demo", "debug_str": "hello world"},
    {"Event": "kf_create_session", "KfAccount": "a@gh"},
    {"Event": "kf_switch_session", "FromKfAccount": "a@gh", "ToKfAccount": "b@gh"},
    {"Event": "CLICK", "EventKey": ""},
    {"Event": "an event of tomorrow"},
    {"Event": "subscribe_msg_sent_event"},
]


@pytest.mark.parametrize("fields", IGNORED, ids=lambda fields: fields["Event"])
def test_events_that_say_nothing_to_us_are_no_pushes(fields: dict[str, Any]) -> None:
    assert read(xml_of({**EVENT, **fields})) is None
    assert read(json.dumps({**EVENT, **fields})) is None


@pytest.mark.parametrize("event", ["subscribe_msg_popup_event", "subscribe_msg_change_event"])
def test_consent_to_one_notice_or_several_is_read_from_both_forms(event: str) -> None:
    yes = {"TemplateId": "T1", "SubscribeStatusString": "accept", "PopupScene": "2"}
    no = {"TemplateId": "T2", "SubscribeStatusString": "reject", "PopupScene": "2"}
    below = {"subscribe_msg_popup_event": "SubscribeMsgPopupEvent"}.get(event, "SubscribeMsgChangeEvent")
    for listed, consent in ((yes, {"T1": 1}), ([yes, no], {"T1": 1, "T2": 0})):
        in_xml = read(xml_of({**EVENT, "Event": event, below: {"List": listed}}))
        in_json = read(json.dumps({**EVENT, "Event": event, "List": listed}))
        assert in_xml == in_json
        assert in_xml is not None
        assert (in_xml.kind, in_xml.body, in_xml.grant) == (PushKind.CONSENT, consent, None)


@pytest.mark.parametrize(("code", "reason"), [("0", ""), ("1", "failed")])
def test_what_became_of_a_subscribed_notice_is_read(code: str, reason: str) -> None:
    part = {"TemplateId": "T1", "MsgID": "1864323726461255680", "ErrorCode": code, "ErrorStatus": "failed"}
    fields = {**EVENT, "Event": "subscribe_msg_sent_event", "SubscribeMsgSentEvent": {"List": part}}
    push = read(xml_of(fields))
    assert push is not None
    assert push.kind is PushKind.OUTCOME
    assert push.body == {"reference": "1864323726461255680", "delivered": code == "0", "reason": reason}


def test_a_repetition_has_the_same_key_and_nothing_else_has_it() -> None:
    different = [
        {**MESSAGE, "MsgType": "text", "Content": "a"},
        {**MESSAGE, "MsgType": "text", "Content": "a", "MsgId": "2"},
        {**EVENT, "Event": "CLICK", "EventKey": "a"},
        {**EVENT, "Event": "CLICK", "EventKey": "b"},
        {**EVENT, "Event": "SCAN", "EventKey": "a"},
        {**EVENT, "Event": "CLICK", "EventKey": "a", "CreateTime": "1348831861"},
        {**EVENT, "Event": "CLICK", "EventKey": "a", "FromUserName": "oOther"},
        {**EVENT, "Event": "CLICK", "EventKey": "a" * 500},
        {**EVENT, "Event": "TEMPLATESENDJOBFINISH", "MsgID": "1", "Status": "success"},
        {**EVENT, "Event": "TEMPLATESENDJOBFINISH", "MsgID": "2", "Status": "success"},
    ]
    keys = [push_of(fields).key for fields in different]
    assert len(set(keys)) == len(keys)
    assert max(map(len, keys)) <= 128
    assert keys == [push_of(fields).key for fields in different]


@pytest.mark.parametrize("char", ["\x00", "\x08", "\x10", "\x1d", "\ufffe"])
def test_characters_that_xml_cannot_hold_are_dropped(char: str) -> None:
    fields = {**MESSAGE, "MsgType": "text", "Content": f"退{char}货"}
    assert push_of(fields).body == {"text": "退货"}


def test_lone_surrogates_are_dropped() -> None:
    push = read(json.dumps({**MESSAGE, "MsgType": "text", "Content": "退\ud800货"}))
    assert push is not None
    assert push.body == {"text": "退货"}


def test_the_end_of_a_cdata_section_in_a_text_is_kept() -> None:
    body = xml_of({**MESSAGE, "MsgType": "text", "Content": "a]]]]><![CDATA[>b"})
    push = read(body)
    assert push is not None
    assert push.body == {"text": "a]]>b"}


NO_PUSHES = {
    "nothing": b"",
    "no UTF-8": b"\xff\xfe<xml></xml>",
    "words": "退货".encode(),
    "open XML": b"<xml><MsgType>text",
    "a document type": b"<!DOCTYPE xml><xml><MsgType>text</MsgType></xml>",
    "an entity": b'<!DOCTYPE x [<!ENTITY a "b">]><xml><MsgType>&a;</MsgType></xml>',
    "a bomb": b'<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><xml><MsgType>&b;</MsgType></xml>',
    "a file": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><MsgType>&a;</MsgType></xml>',
    "a name of no entity": b"<xml><MsgType>&nbsp;</MsgType></xml>",
    "an unknown encoding": b'<?xml version="1.0" encoding="utf-99"?><xml',
    "an empty element": b"<xml/>",
    "a text alone": b"<xml>text</xml>",
    "no sender": xml_of({**MESSAGE, "FromUserName": "", "MsgType": "text"}).encode(),
    "a sender of 129": xml_of({**MESSAGE, "FromUserName": "o" * 129, "MsgType": "text"}).encode(),
    "no type": xml_of(MESSAGE).encode(),
    "two types": xml_of({**MESSAGE, "MsgType": ["text", "event"]}).encode(),
    "no time": xml_of({**MESSAGE, "CreateTime": "", "MsgType": "text", "Content": "a"}).encode(),
    "a time without an end": xml_of({**MESSAGE, "CreateTime": "9" * 30, "MsgType": "text"}).encode(),
    "a time in words": xml_of({**MESSAGE, "CreateTime": "now", "MsgType": "text"}).encode(),
    "an array": b"[]",
    "open JSON": b'{"MsgType": "text"',
    "deep JSON": b'{"a":' * 100_000,
    "a number without an end": b'{"MsgType":' + b"9" * 5000 + b"}",
    "JSON of other things": json.dumps({**MESSAGE, "MsgType": {"a": 1}}).encode(),
    "nothing in JSON": b"{}",
    "true in JSON": json.dumps({**MESSAGE, "MsgType": "text", "FromUserName": True}).encode(),
}


@pytest.mark.parametrize("name", NO_PUSHES)
def test_what_is_no_push_is_refused_in_one_way(name: str) -> None:
    with pytest.raises(Unreadable):
        read(NO_PUSHES[name])


def test_deep_xml_is_read_no_deeper_than_pushes_are() -> None:
    deep = "<a>" * 20_000 + "</a>" * 20_000
    push = read(xml_of({**MESSAGE, "MsgType": "text", "Content": "a"}).replace("</xml>", f"{deep}</xml>"))
    assert push is not None
    assert push.body == {"text": "a"}


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4)
ANYTHING = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.just("TemplateId"), SCALARS, max_size=1)
NAMES = [*MESSAGE, "MsgType", "Event", "EventKey", "Content", "List", "MediaId", "MsgID", "bizmsgmenuid", "Status"]
TYPES = ["event", *(fields["MsgType"] for fields, _, _ in MESSAGES.values())]
EVENT_NAMES = [*(fields["Event"] for fields, *_ in EVENTS.values()), "subscribe_msg_popup_event"]


@given(
    fields=st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=4),
    type=st.sampled_from(TYPES),
    data=st.data(),
)
def test_whatever_stands_in_a_push_it_is_one_or_is_refused(
    fields: dict[str, Any], type: str, data: st.DataObject
) -> None:
    event = data.draw(st.sampled_from(EVENT_NAMES))
    body = json.dumps({**MESSAGE, "MsgType": type, "Event": event, **fields})
    try:
        push = read(body)
    except Unreadable:
        return
    if push is not None:
        assert len(push.key) <= 128
        assert 0 < len(push.sender.id) <= 128
        assert b"\\u0000" not in json.dumps(dict(push.body)).encode()


@given(body=st.binary(max_size=200))
def test_any_bytes_are_fields_or_are_refused(body: bytes) -> None:
    try:
        fields = read_fields(body)
    except Unreadable:
        return
    assert isinstance(text_of(fields, "msgtype"), str)


def test_a_text_of_the_bot_is_marked_as_made_by_a_machine_and_an_agents_is_not() -> None:
    text = Words(text="您好")
    assert words_body("oUser", text, labelled=True) == {
        "touser": "oUser",
        "msgtype": "text",
        "text": {"content": "您好"},
        "aimsgcontext": {"is_ai_msg": 1},
    }
    for unmarked in (
        words_body("oUser", Words(text="您好", by_bot=False), labelled=True),
        words_body("oUser", text, labelled=False),
    ):
        assert "aimsgcontext" not in unmarked


def test_options_become_a_menu() -> None:
    words = Words(text="满意吗？", options=(Option("101", "满意"), Option("102", "不满意")))
    assert words_body("oUser", words, labelled=True) == {
        "touser": "oUser",
        "msgtype": "msgmenu",
        "msgmenu": {
            "head_content": "满意吗？",
            "list": [{"id": "101", "content": "满意"}, {"id": "102", "content": "不满意"}],
            "tail_content": "",
        },
    }


def test_characters_are_sent_as_they_are_and_lone_surrogates_are_left_out() -> None:
    body = encode(words_body("oUser", Words(text='退货😀\ud800 "ok"'), labelled=False))
    assert '退货😀 \\"ok\\"'.encode() in body
    assert json.loads(body)["text"]["content"] == '退货😀 "ok"'


def test_the_other_bodies_are_those_of_the_protocol() -> None:
    assert image_body("o", "M") == {"touser": "o", "msgtype": "image", "image": {"media_id": "M"}}
    assert typing_body("o") == {"touser": "o", "command": "Typing"}
