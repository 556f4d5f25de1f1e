"""The identity provider of the settings, at which the people at the desk sign in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from connectors.oidc.client import OidcProvider
from desk.elsewhere import SignInElsewhere
from runtime.identity_settings import group_roles
from runtime.settings import Settings


@asynccontextmanager
async def open_identity(settings: Settings) -> AsyncIterator[SignInElsewhere | None]:
    """None where no provider is set."""
    if not settings.oidc_issuer:
        yield None
        return
    async with OidcProvider(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        secret=settings.oidc_client_secret.get_secret_value(),
        groups_claim=settings.oidc_groups_claim,
        scopes=settings.oidc_scopes,
    ) as provider:
        yield SignInElsewhere(
            provider=provider, issuer=settings.oidc_issuer, label=settings.oidc_label, roles=group_roles(settings)
        )
