"""Servers that speak TLS, with a certificate that nobody signed."""

import ssl
import subprocess
from pathlib import Path
from shutil import which

import pytest

__all__ = ["needs_openssl", "own_certificate"]

needs_openssl = pytest.mark.skipif(
    which("openssl") is None, reason="no openssl to make a certificate with"
)


def own_certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Make a certificate of 127.0.0.1.

    :return: what a server shows it with, and its file
    """
    certificate, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate
