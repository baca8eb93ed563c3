"""What the settings mean as options of MongoDB's client: deadlines, login, certificates."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

from common.mongo_settings import MongoSettings


@contextlib.contextmanager
def client_options(settings: MongoSettings) -> Iterator[dict[str, Any]]:
    """The options, to be used within the `with`; OSError when a certificate cannot be read.

    Text that is no UTF-8 is read with replacement characters: the Go worker stores output as is.
    """
    options: dict[str, Any] = {
        "appname": "fleetcron",
        "connect": False,
        "connectTimeoutMS": _milliseconds(settings.connect_timeout_seconds),
        "serverSelectionTimeoutMS": _milliseconds(settings.connect_timeout_seconds),
        "timeoutMS": _milliseconds(settings.operation_timeout_seconds),
        # A monitor that waits for the server to speak cannot be woken to look again at once.
        "serverMonitoringMode": "poll",
        "unicode_decode_error_handler": "replace",
        "datetime_conversion": "DATETIME_AUTO",
    }
    if settings.user:
        options |= {"username": settings.user, "password": settings.password}
    if settings.ca_file or settings.cert_file:
        options["tls"] = True
    if settings.ca_file:
        options["tlsCAFile"] = str(settings.ca_file)
    with _certificate(settings) as certificate:
        yield options | certificate


def address(settings: MongoSettings) -> str:
    """The hosts that the URI names, without user and password."""
    return settings.uri.rpartition("@")[2].rpartition("//")[2].partition("/")[0].partition("?")[0]


def without_secrets(sentence: str, settings: MongoSettings) -> str:
    """A sentence of the client about the settings, with the passwords starred out."""
    head, at, _ = settings.uri.rpartition("@")
    for secret in (head.rpartition("//")[2].partition(":")[2] if at else "", settings.password):
        sentence = sentence.replace(secret, "***") if secret else sentence
    return sentence


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))


@contextlib.contextmanager
def _certificate(settings: MongoSettings) -> Iterator[dict[str, str]]:
    """The option that names one file with certificate and key, as the client wants it.

    Where they are two files the one lies in memory, until the client has read it.
    """
    if settings.cert_file is None or settings.key_file is None:
        yield {"tlsCertificateKeyFile": str(settings.cert_file)} if settings.cert_file else {}
        return
    pem = settings.cert_file.read_bytes() + b"\n" + settings.key_file.read_bytes()
    with open(os.memfd_create("mongodb-certificate"), "wb", buffering=0) as file:
        file.write(pem)
        yield {"tlsCertificateKeyFile": f"/proc/self/fd/{file.fileno()}"}
