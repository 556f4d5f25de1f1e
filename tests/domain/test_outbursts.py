"""What is so strong that a person takes over at once, and the ordinary complaints that are not."""

from __future__ import annotations

import pytest

from aftersales.domain.outbursts import Outburst, read_outburst

ABUSE = """操你妈的破店
你们这帮傻逼
傻逼客服
你妈死了吧
狗日的骗子
一群畜生
祝你们老板死全家
脑残客服，听不懂人话
去死吧
王八蛋，退钱
fuck you
Fuck off and give me my money
you piece of shit
you're all bastards
go to hell
you fucking idiots
bloody liars
screw you guys
son of a bitch, answer me
f**k you""".splitlines()

THREATS = """再不处理我就打12315
我要去12315投诉你们
我已经投诉到消协了
不退钱就法院见
我要起诉你们
你们等着收律师函吧
我找律师告你们
明天就去市场监管局
再骗我就曝光你们
那我就去银行拒付了
我报警了
你等着瞧
信不信我砸了你们的店
黑猫投诉见
I'll file a chargeback
I am disputing the charge with my bank if this goes on
you'll hear from my lawyer
my solicitor will be in touch
I'm going to sue you
see you in court
I'm reporting you to trading standards
I will report you
going to the BBB with this
I'm contacting my attorney today
I'm going to the press
I'll find you
you will regret this""".splitlines()

SHOUTING = """都第三次了还没人处理！！！
你们到底退不退钱！！！
骗子！骗子！骗子！退钱！
什么态度啊！！！！
他妈的都一个星期了！！！
THIS IS THE THIRD TIME I HAVE ASKED
NOBODY ANSWERS MY MESSAGES FOR WEEKS
You lied to me!!! Give me my money!!!
STILL NO ANSWER FROM YOU PEOPLE!!!
This is ridiculous!!! I've been ignored for weeks""".splitlines()

ORDINARY = """质量太垃圾了
这鞋就是垃圾
你们真是垃圾
什么破店
骗子
客服一直不回消息
鞋子穿两天就开胶了，质量太差
快递员态度恶劣，把快递扔在楼下
我要投诉
我想投诉快递
我要给差评
太失望了，再也不买了
气死我了
包裹晚到两天
等了一个星期还没到
东西坏了！
收到就是坏的！！
我要退货！！！
怎么还不发货
你们到底什么时候发货
退款怎么还没到账
都三天了，没人理我
这个颜色跟图片完全不一样，太离谱了
什么玩意，退了
服务太差了
我不想闹到12315，请快点处理
12315电话是多少
我不是要投诉到消协，就想换一双
我不会去起诉你们的，就想退货
不用找律师吧，好好说
这件律师袍太小了，要退
给我律师朋友买的礼物，想换一个
买给我做律师的老公的，尺码不对
法院旁边的驿站取的件
我在派出所上班，白天没人收货
订单号12315678
地址是黑猫路3号
垃圾袋少发了
去死角清洁刷掉毛
快递员骂我傻逼，我要投诉他
the courier called me an asshole
your agent told me to fuck off
草你们有卖吗，宠物吃的草
曝光度不对，相机有问题
多收了我20块
我的货丢了，怎么办
三次了，每次都发错
Where is my order?
WHERE IS MY ORDER
I WANT TO RETURN MY BAG
THE ZIP IS BROKEN AND I WANT A REFUND
This is useless, the zip broke
you guys are useless
useless bot
the lamp is crap
I'm really disappointed
this is unacceptable
it's ridiculous that I have to wait
still waiting for my refund
Nobody answers your phone
I'm angry about this
the courier was rude to me
I have asked three times now
It broke after a week!!!
Please hurry!!! I need it for Friday
I want to make a complaint
never buying here again
I don't want to call a lawyer, just send the right size
I'd rather not file a chargeback
It's a gift for my lawyer
I bought this suit for court
I am a solicitor and need it by Monday
I work for the ombudsman, deliver to reception
please report this to your supplier
I will report back tomorrow
the police car toy is missing a wheel
You sent the wrong colour
I would like my money back
What a waste of money
I paid twice
It smells disgusting
hell of a delay
damn, it's broken
oh shit, I ordered the wrong one""".splitlines()


@pytest.mark.parametrize("text", ABUSE)
def test_abuse_is_heard(text: str) -> None:
    assert read_outburst(text) is Outburst.ABUSE


@pytest.mark.parametrize("text", THREATS)
def test_a_threat_is_heard(text: str) -> None:
    assert read_outburst(text) is Outburst.THREAT


@pytest.mark.parametrize("text", SHOUTING)
def test_shouting_about_how_one_is_treated_is_heard(text: str) -> None:
    assert read_outburst(text) is Outburst.SHOUTING


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_complaints_and_mild_insults_are_none(text: str) -> None:
    assert read_outburst(text) is None
