"""How to reach a server: its proxy, its certificates, the user's name there."""

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from whichwheel.sources.configuration import IndexSettings
from whichwheel.sources.errors import SourceError

if TYPE_CHECKING:
    import ssl

    from urllib3 import PoolManager

__all__ = ["from_netrc", "open_pool", "proxy_for"]

_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
_POOL_SIZE = 16


def proxy_for(url: str, settings: IndexSettings) -> str | None:
    """Return the proxy for a URL: the configured one, else what the environment says."""
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415 -- only on the network

    if settings.proxy:
        return settings.proxy
    if proxy_bypass(urlsplit(url).hostname or ""):
        return None
    proxies = getproxies()
    return proxies.get(urlsplit(url).scheme) or proxies.get("all")


def open_pool(settings: IndexSettings, proxy: str | None, *, verify: bool) -> "PoolManager":
    """Open a pool of connections.

    :param verify: whether the servers' certificates are checked
    :raises SourceError: if a certificate file cannot be used
    """
    import urllib3  # noqa: PLC0415 -- a fifth of a second that a warm cache does not need

    context = _tls_context(settings) if verify else None
    required = "CERT_REQUIRED" if verify else "CERT_NONE"
    if proxy is None:
        return urllib3.PoolManager(maxsize=_POOL_SIZE, ssl_context=context, cert_reqs=required)
    return urllib3.ProxyManager(proxy, maxsize=_POOL_SIZE, ssl_context=context, cert_reqs=required)


def from_netrc(host: str) -> tuple[str, str] | None:
    """Return user and password that the user's netrc file has for a host."""
    import netrc  # noqa: PLC0415 -- only on the network

    named = os.environ.get("NETRC")
    paths = [Path(named)] if named else [Path.home() / ".netrc", Path.home() / "_netrc"]
    for path in paths:
        try:
            found = netrc.netrc(path).authenticators(host)
        except (OSError, netrc.NetrcParseError, UnicodeDecodeError):
            continue
        if found is not None:
            return found[0], found[2]
    return None


def _tls_context(settings: IndexSettings) -> "ssl.SSLContext":
    import ssl  # noqa: PLC0415 -- only on the network

    named = settings.certificate or next(
        (os.environ[name] for name in _BUNDLES if os.environ.get(name)), None
    )
    try:
        context = ssl.create_default_context()
        if named is not None:
            folder = Path(named).is_dir()
            context.load_verify_locations(**{"capath" if folder else "cafile": named})
        elif not context.cert_store_stats()["x509_ca"]:
            # Some Python builds bring no certificates of their own; pip has some.
            from pip._vendor import certifi  # noqa: PLC0415

            context.load_verify_locations(certifi.where())
        if settings.client_certificate is not None:
            context.load_cert_chain(settings.client_certificate)
    except (OSError, ssl.SSLError) as error:
        raise SourceError(
            f"the certificate `{named or settings.client_certificate}` cannot be used: {error}",
            where=str(named),
        ) from None
    return context
