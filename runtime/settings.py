"""All settings of the service, read once from the environment and `.env`; see docs/settings.md."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from aftersales.domain.texts import Language


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError):
        raise ValueError("must be the name of a time zone such as Asia/Shanghai") from None
    return name


def _split(value: object) -> object:
    """A comma-separated environment variable as a list of origins, without slashes at the end."""
    return (
        [part.strip().rstrip("/") for part in value.split(",") if part.strip()]
        if isinstance(value, str)
        else value
    )


class Settings(BaseSettings):
    """Each field is the environment variable RETURNDESK_<NAME IN CAPITALS>."""

    model_config = SettingsConfigDict(env_prefix="RETURNDESK_", env_file=".env", extra="ignore")

    data: Path = Field(Path("var"), description="Folder for everything that the service writes.")
    host: str = Field("127.0.0.1", description="Address on which the front listens.")
    port: int = Field(8000, ge=1, le=65535, description="Port of the front: widget, chat API, desk.")
    bot_port: int = Field(5005, ge=1, le=65535, description="Port of the bot (inside only, on 127.0.0.1).")
    actions_port: int = Field(5055, ge=1, le=65535, description="Port of the action server (inside only).")
    public_url: str = Field("", description="The front's address as browsers see it; empty: http://host:port.")
    database_url: str = Field("", description="SQLAlchemy URL; empty: SQLite in the data folder.")
    policy_file: Path = Field(Path("returns_policy.yml"), description="The shop's returns policy.")
    hours_file: Path = Field(Path("desk_hours.yml"), description="When people are there to answer.")
    model: str = Field(
        "", description="Trained model archive; empty: the one for the present data, trained if need be."
    )
    bot_python: Path = Field(Path(".envs/bot/bin/python"), description="Python of the bot environment (Rasa).")
    shop_name: str = Field("山前 Foothill", description="The shop's name as customers see it.")
    timezone: Annotated[str, AfterValidator(_known_zone)] = Field(
        "Asia/Shanghai", description="The shop's time zone; days are counted in it."
    )
    internal_secret: SecretStr = Field(
        SecretStr(""), description="Shared by front, bot and actions; empty: made in the data folder."
    )
    merchant_key: SecretStr = Field(
        SecretStr(""),
        description="Bearer key of the merchant API, and first password of the desk's account `owner`; "
        "empty: made in the data folder.",
    )
    audit_key: SecretStr = Field(
        SecretStr(""),
        description="Seals the journal against changes in the database; empty: made in the data folder.",
    )
    account_key: SecretStr = Field(
        SecretStr(""),
        description="Encrypts the secrets of authenticator apps and webhooks; empty: made in the data folder.",
    )
    case_link_key: SecretStr = Field(
        SecretStr(""),
        description="Signs the links under which customers see how things stand; empty: made in the data folder.",
    )
    site_token_key: SecretStr = Field(
        SecretStr(""),
        description="HS256 secret or Ed25519 public key (PEM) that verifies the shop site's tokens; "
        "empty: a secret made in the data folder.",
    )
    site_token_audience: str = Field("returndesk", description="The audience that a site token must name.")
    allowed_origins: Annotated[list[str], NoDecode, BeforeValidator(_split)] = Field(
        [], description="Origins of shop sites that may embed the widget, separated by commas."
    )
    trusted_proxies: int = Field(
        0, ge=0, description="How many reverse proxies stand before the front and write X-Forwarded-For."
    )
    demo: bool = Field(
        True, description="Demo shop page, demo customers and mailbox. Never on for real customers."
    )
    refund_delay_seconds: float = Field(
        3.0, ge=0, description="After how long an embedded payment refund settles."
    )
    refund_service_url: str = Field(
        "", description="Root of the shop's own refund service; empty: the embedded payments."
    )
    refund_service_token: SecretStr = Field(
        SecretStr(""),
        description="Bearer token between that service and us, both ways; 32 characters or more.",
    )
    shop: Literal["embedded", "medusa", "shopify"] = Field(
        "embedded", description="Where orders live: the embedded shop, a Medusa 2 server, or Shopify."
    )
    medusa_url: str = Field("", description="Root address of the Medusa server, where the shop is Medusa.")
    medusa_secret_key: SecretStr = Field(SecretStr(""), description="Secret API key of the Medusa server.")
    medusa_language: Language = Field(
        "zh", description="Language of customers whose order at Medusa tells none: zh or en."
    )
    medusa_webhook_secret: SecretStr = Field(
        SecretStr(""),
        description="Signs what a subscriber in Medusa tells; 32 characters or more; empty: nothing is taken.",
    )
    medusa_by_hand: Annotated[list[str], NoDecode, BeforeValidator(_split)] = Field(
        ["system_default"],
        description="Payment providers at Medusa that move no money by themselves, separated by commas.",
    )
    shopify_shop: str = Field("", description="The shop's own name at Shopify: xxx.myshopify.com.")
    shopify_token: SecretStr = Field(
        SecretStr(""), description="Admin API access token of a custom app that was made in Shopify's admin."
    )
    shopify_client_id: str = Field("", description="Client id of an app of the Dev Dashboard, instead of a token.")
    shopify_client_secret: SecretStr = Field(SecretStr(""), description="Client secret of that app.")
    shopify_api_version: str = Field("2026-10", description="Version of Shopify's Admin API, such as 2026-10.")
    shopify_language: Language = Field(
        "en", description="Language of customers whose order at Shopify tells none: zh or en."
    )
    shopify_webhook_secret: SecretStr = Field(
        SecretStr(""),
        description="Signs Shopify's webhooks; 32 characters or more; empty: nothing is taken.",
    )
    chatwoot_url: str = Field(
        "", description="Root of a Chatwoot server at which the shop's people answer; empty: they do at our desk."
    )
    chatwoot_token: SecretStr = Field(SecretStr(""), description="Access token of an agent of that Chatwoot.")
    chatwoot_account: int = Field(1, ge=1, description="Number of the account there.")
    chatwoot_inbox: int = Field(0, ge=0, description="Number of an inbox of it with the channel API.")
    chatwoot_webhook_secret: SecretStr = Field(
        SecretStr(""), description="Secret of that inbox's webhook, 16 characters or more."
    )
    wecom_corp_id: str = Field(
        "",
        description="Id of the corporation at WeCom whose customer service (微信客服) is connected; empty: none.",
    )
    wecom_secret: SecretStr = Field(
        SecretStr(""), description="Secret of an app there that may call the customer service."
    )
    wecom_token: SecretStr = Field(SecretStr(""), description="Token of the customer service's callback at WeCom.")
    wecom_aes_key: SecretStr = Field(SecretStr(""), description="EncodingAESKey there; 43 characters.")
    wecom_previous_aes_key: SecretStr = Field(
        SecretStr(""), description="The key before it, while the key is changed; empty otherwise."
    )
    wecom_api_url: str = Field("https://qyapi.weixin.qq.com", description="Root of WeCom's API.")
    telegram_token: SecretStr = Field(
        SecretStr(""), description="Token of a Telegram bot, as @BotFather gives it; empty: not connected."
    )
    telegram_secret: SecretStr = Field(
        SecretStr(""),
        description="Comes with everything that Telegram tells: 16 to 256 letters, digits, `_` and `-`.",
    )
    telegram_api_url: str = Field(
        "https://api.telegram.org", description="Root of the Bot API; another one for a server of your own."
    )
    smtp_host: str = Field(
        "", description="The shop's mail server; empty: mails go to the embedded mailbox, which the demo shows."
    )
    smtp_port: int = Field(587, ge=1, le=65535, description="Its port: 587 for starttls, 465 for tls.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the connection is encrypted; `none` for a server on this machine alone."
    )
    smtp_user: str = Field("", description="Account at the mail server; empty: no sign-in.")
    smtp_password: SecretStr = Field(SecretStr(""), description="Its password.")
    smtp_from: str = Field(
        "", description="Sender of mails: `Foothill <service@example.com>`; without a name, the shop's."
    )
    smtp_reply_to: str = Field("", description="Where answers to mails go; empty: to the sender.")
    wechat_app_id: str = Field("", description="App id of a WeChat service account; empty: none is connected.")
    wechat_app_secret: SecretStr = Field(SecretStr(""), description="App secret of the service account.")
    wechat_token: SecretStr = Field(SecretStr(""), description="Token of its server configuration at WeChat.")
    wechat_aes_key: SecretStr = Field(SecretStr(""), description="EncodingAESKey there; 43 characters.")
    wechat_previous_aes_key: SecretStr = Field(
        SecretStr(""), description="The key before it, while the key is changed; empty otherwise."
    )
    wechat_menus: bool = Field(
        False, description="Menus to choose from in the chat; WeChat has them for verified service accounts alone."
    )
    wechat_mini_app_id: str = Field("", description="App id of a mini-program; empty: none is connected.")
    wechat_mini_app_secret: SecretStr = Field(SecretStr(""), description="App secret of the mini-program.")
    wechat_mini_token: SecretStr = Field(SecretStr(""), description="Token of its message push at WeChat.")
    wechat_mini_aes_key: SecretStr = Field(SecretStr(""), description="EncodingAESKey there; 43 characters.")
    wechat_mini_previous_aes_key: SecretStr = Field(
        SecretStr(""), description="The key before it, while the key is changed; empty otherwise."
    )
    wechat_notices: str = Field(
        "", description="File that says which of WeChat's templates news are told by; empty: by none."
    )
    wechat_push_minutes: int = Field(
        5, ge=1, le=1440, description="How many minutes a push of WeChat's may be old or ahead of our clock."
    )
    wechat_api_url: str = Field(
        "https://api.weixin.qq.com", description="Root of WeChat's API; it has further ones for other regions."
    )
    sms_url: str = Field(
        "", description="The shop's own address that sends text messages; empty: phones get no codes and no news."
    )
    sms_token: SecretStr = Field(SecretStr(""), description="Bearer token for it; 32 characters or more.")
    shop_sign_in_url: str = Field(
        "", description="The shop's page of signing in, to which customers in WeChat are led; empty: codes alone."
    )
    mail_bounce_secret: SecretStr = Field(
        SecretStr(""),
        description="Signs what the mail system tells of mails that came back; 32 characters or more; "
        "empty: nothing is taken.",
    )
    chat_assignment: Literal["automatic", "by_agents"] = Field(
        "automatic",
        description="Who gives chats that wait to agents: the service, as seats are free, or they themselves.",
    )
    oidc_issuer: str = Field(
        "", description="Address of an OpenID Connect provider at which agents sign in; empty: passwords alone."
    )
    oidc_client_id: str = Field("", description="Client id of the desk there.")
    oidc_client_secret: SecretStr = Field(
        SecretStr(""), description="Client secret there; empty for a public client."
    )
    oidc_label: str = Field("SSO", description="What the button at the sign-in calls the provider.")
    oidc_scopes: str = Field("", description="Further scopes to ask for, such as `groups`, separated by spaces.")
    oidc_groups_claim: str = Field("groups", description="Claim of the id_token that lists a person's groups.")
    oidc_roles: Annotated[list[str], NoDecode, BeforeValidator(_split)] = Field(
        [],
        description="Roles of groups, group=role, separated by commas: who is in one gets an account; "
        "empty: only invited people.",
    )
    password_sign_in: bool = Field(True, description="Whether passwords work at the desk beside the provider.")
    webhook_private: bool = Field(
        False, description="Webhooks may go to addresses of the own network, which only it can reach."
    )
    promise_hours: int = Field(24, ge=1, description="Within how many hours a filed case is answered by a person.")

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite+aiosqlite:///{(self.data / 'returndesk.sqlite3').absolute()}"

    @property
    def front_url(self) -> str:
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")
