"""How to reach a server: its proxy, its certificates, the user's name there."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from whichwheel.sources.addresses import Credentials, split_url, take_credentials
from whichwheel.sources.configuration import IndexSettings
from whichwheel.sources.errors import SourceError

if TYPE_CHECKING:
    import ssl

    from urllib3 import PoolManager

__all__ = ["CERTIFICATE_VARIABLES", "from_netrc", "open_pool", "proxy_for"]

#: What other tools take as the file of certificate authorities, the first that is set.
CERTIFICATE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
_POOL_SIZE = 16


def proxy_for(url: str, settings: IndexSettings) -> str | None:
    """Return the proxy for a URL: the configured one, else what the environment says."""
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415 -- only on the network

    split = split_url(url)
    found = settings.proxy
    if not found and not proxy_bypass(split.hostname or ""):
        proxies = getproxies()
        found = proxies.get(split.scheme) or proxies.get("all")
    if not found:
        return None
    return found if "://" in found else f"http://{found}"


def open_pool(
    settings: IndexSettings, proxy: str | None, *, verify: bool, secure: bool = True
) -> "PoolManager":
    """Open a pool of connections.

    :param proxy: its URL, maybe with user and password
    :param verify: whether the servers' certificates are checked
    :param secure: whether there is anything to encrypt
    :raises SourceError: if a certificate file, or the proxy, cannot be used
    """
    import urllib3  # noqa: PLC0415 -- a fifth of a second that a warm cache does not need

    from whichwheel.sources.network.watching import watch_connections  # noqa: PLC0415 -- the same

    context = _tls_context(settings, verify=verify) if secure else None
    if not verify:
        # The user trusts the host by name; a warning for each request would say nothing new.
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    required = "CERT_REQUIRED" if verify else "CERT_NONE"
    if proxy is None:
        pool = urllib3.PoolManager(maxsize=_POOL_SIZE, ssl_context=context, cert_reqs=required)
        watch_connections(pool, settings.timeout)
        return pool
    found = Credentials()
    address = take_credentials(proxy, found)
    headers = {}
    for user, password in found.values():
        headers = urllib3.make_headers(proxy_basic_auth=f"{user}:{password}")
    try:
        pool = urllib3.ProxyManager(
            address,
            maxsize=_POOL_SIZE,
            ssl_context=context,
            cert_reqs=required,
            proxy_headers=headers,
        )
    except urllib3.exceptions.HTTPError:
        raise SourceError(
            f"the proxy `{address}` cannot be used",
            where=address,
            hint="a proxy is written `http://host:port`",
        ) from None
    watch_connections(pool, settings.timeout)
    return pool


def from_netrc(host: str) -> tuple[str, str] | None:
    """Return user and password that the user's netrc file has for a host."""
    named = os.environ.get("NETRC")
    paths = [Path(named)] if named else [Path.home() / ".netrc", Path.home() / "_netrc"]
    for path in paths:
        if not path.is_file():
            continue
        import netrc  # noqa: PLC0415 -- most people have none

        try:
            found = netrc.netrc(path).authenticators(host)
        except (OSError, netrc.NetrcParseError, UnicodeDecodeError):
            continue
        if found is not None:
            return found[0], found[2]
    return None


def _tls_context(settings: IndexSettings, *, verify: bool) -> "ssl.SSLContext":
    import ssl  # noqa: PLC0415 -- only on the network

    named = settings.certificate or next(
        (os.environ[name] for name in CERTIFICATE_VARIABLES if os.environ.get(name)), None
    )
    used = named
    try:
        if verify and named is not None:
            # Instead of the usual ones, which are not even loaded then.
            folder, file = (named, None) if Path(named).is_dir() else (None, named)
            context = ssl.create_default_context(cafile=file, capath=folder)
        else:
            context = ssl.create_default_context()
        if not verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        elif named is None and not context.cert_store_stats()["x509_ca"]:
            # Some Python builds bring no certificates of their own; pip has some.
            from pip._vendor import certifi  # noqa: PLC0415

            context.load_verify_locations(certifi.where())
        if settings.client_certificate is not None:
            used = settings.client_certificate
            context.load_cert_chain(used)
    except (OSError, ssl.SSLError) as error:
        raise SourceError(
            f"the certificate `{used}` cannot be used: {error}", where=str(used)
        ) from None
    return context
