"""What the settings say of an identity provider for the people at the desk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from aftersales.domain.accounts import Role
from runtime.settings import Settings

_LOCAL = ("localhost", "127.0.0.1", "::1")


def identity_problems(settings: Settings) -> Iterator[str]:
    """What is wrong with its settings, a line each."""
    if not settings.oidc_issuer:
        if not settings.password_sign_in:
            yield "RETURNDESK_PASSWORD_SIGN_IN: nobody could sign in without it and RETURNDESK_OIDC_ISSUER"
        return
    address = urlsplit(settings.oidc_issuer)
    is_safe = address.scheme == "https" or (address.scheme == "http" and address.hostname in _LOCAL)
    if not (is_safe and address.hostname) or address.query or address.fragment:
        yield "RETURNDESK_OIDC_ISSUER: must begin with https:// (http:// on this machine alone), without a query"
    if not settings.oidc_client_id:
        yield "RETURNDESK_OIDC_CLIENT_ID: must be the client id of the desk at the provider"
    for pair in settings.oidc_roles:
        if pair.rpartition("=")[2] not in set(Role) or not pair.rpartition("=")[0]:
            yield f"RETURNDESK_OIDC_ROLES: {pair} is no group=role; roles are {', '.join(Role)}"


def group_roles(settings: Settings) -> Mapping[str, Role]:
    """A group's name may hold "=", a role's does not."""
    pairs = [pair.rpartition("=") for pair in settings.oidc_roles]
    return {group: Role(role) for group, _, role in pairs}
