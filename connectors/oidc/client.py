"""An OpenID provider over HTTP: discovery, authorization code flow with PKCE, state and nonce.

OpenID Connect Core 1.0 and Discovery 1.0, RFC 6749 (section 4.1), RFC 7636 (PKCE).
"""

from __future__ import annotations

import json
from base64 import b64encode
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlencode, urlsplit

import httpx
import jwt

from aftersales.domain.errors import Forbidden, Unavailable
from aftersales.domain.identities import Identity
from connectors.oidc.tokens import read_id_token

_LARGEST = 512 * 1024  # bytes of an answer
_LOCAL = ("localhost", "127.0.0.1", "::1")
_SAFE = {("https", False), ("https", True), ("http", True)}  # scheme, and whether it is this machine
_SCOPES = "openid profile email"


class OidcProvider:
    """An IdentityProvider. `issuer` is the address under which it is discovered; `timeout` in seconds.

    What is discovered is asked for anew at each sign-in, so that a key that was changed counts at once.
    """

    def __init__(
        self,
        *,
        issuer: str,
        client_id: str,
        secret: str,
        groups_claim: str,
        scopes: str = "",
        timeout: float = 5.0,
    ) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._secret = secret
        self._groups_claim = groups_claim
        self._scopes = f"{_SCOPES} {scopes}".strip()
        self._client = httpx.AsyncClient(timeout=timeout, follow_redirects=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def address(self, *, state: str, nonce: str, challenge: str, back: str) -> str:
        found = await self._discover()
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": back,
            "scope": self._scopes,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        endpoint = _endpoint(found, "authorization_endpoint")
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(query)}"

    async def identify(self, *, code: str, verifier: str, nonce: str, back: str) -> Identity:
        """One try: a code works once. What the provider says is never told on, it may hold personal data."""
        found = await self._discover()
        token = await self._redeem(found, code=code, verifier=verifier, back=back)
        try:
            keys = jwt.PyJWKSet.from_dict(await self._get(_endpoint(found, "jwks_uri")))
        except jwt.PyJWTError as error:
            raise Unavailable(f"oidc keys: {type(error).__name__}") from None
        return read_id_token(
            token,
            keys,
            issuer=self._issuer,
            client_id=self._client_id,
            nonce=nonce,
            groups_claim=self._groups_claim,
        )

    async def _discover(self) -> dict[str, Any]:
        """Raises Unavailable, also for a provider that says it is another one."""
        found = await self._get(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != self._issuer:
            raise Unavailable("oidc: another issuer")
        return found

    async def _redeem(self, found: dict[str, Any], *, code: str, verifier: str, back: str) -> str:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
        headers = {}
        methods = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if self._secret and "client_secret_basic" in methods:
            pair = f"{quote(self._client_id, safe='')}:{quote(self._secret, safe='')}"  # RFC 6749, section 2.3.1
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": self._client_id} | ({"client_secret": self._secret} if self._secret else {})
        request = self._client.build_request(
            "POST", _endpoint(found, "token_endpoint"), data=form, headers=headers
        )
        status, answer = await self._send(request)
        token = answer.get("id_token")
        if status != 200 or not isinstance(token, str):
            raise Forbidden("oidc: no token")
        return token

    async def _get(self, address: str) -> dict[str, Any]:
        status, answer = await self._send(self._client.build_request("GET", address))
        if status != 200:
            raise Unavailable(f"oidc: status {status}")
        return answer

    async def _send(self, request: httpx.Request) -> tuple[int, dict[str, Any]]:
        """Status and JSON object. Raises Unavailable for no answer, 5xx, too much, and what is no JSON object."""
        try:
            answer = await self._client.send(request, stream=True)
            try:
                body = b""
                async for part in answer.aiter_bytes():
                    body += part
                    if len(body) > _LARGEST:
                        raise Unavailable("oidc: too large")
            finally:
                await answer.aclose()
        except httpx.HTTPError as error:
            raise Unavailable(f"oidc: {type(error).__name__}") from None
        try:
            value = json.loads(body)
        except ValueError:
            value = None
        if answer.status_code >= 500 or not isinstance(value, dict):
            raise Unavailable(f"oidc: status {answer.status_code}")
        return answer.status_code, value


def _endpoint(found: dict[str, Any], name: str) -> str:
    """Raises Unavailable unless it is an address to which nobody on the way can listen."""
    address = found.get(name)
    parts = urlsplit(address) if isinstance(address, str) else None
    if parts is None or not parts.hostname or (parts.scheme, parts.hostname in _LOCAL) not in _SAFE:
        raise Unavailable(f"oidc: {name}")
    return str(address)
