"""The connection to the MongoDB that holds the run logs: deadlines, login, certificates."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import pymongo
from pymongo import errors

from common.errors import ConfigError
from common.mongo_settings import MongoSettings

Document = dict[str, Any]
Client = pymongo.MongoClient[Document]


def mongo_client(settings: MongoSettings) -> Client:
    """A client that connects at its first call; ConfigError when the settings are no way to one.

    Text that is no UTF-8 is read with replacement characters: the Go worker stores output as is.
    """
    options: Document = {
        "appname": "fleetcron",
        "connect": False,
        "connectTimeoutMS": _milliseconds(settings.connect_timeout_seconds),
        "serverSelectionTimeoutMS": _milliseconds(settings.connect_timeout_seconds),
        "timeoutMS": _milliseconds(settings.operation_timeout_seconds),
        "unicode_decode_error_handler": "replace",
        "datetime_conversion": "DATETIME_AUTO",
    }
    if settings.user:
        options |= {"username": settings.user, "password": settings.password}
    if settings.ca_file or settings.cert_file:
        options["tls"] = True
    if settings.ca_file:
        options["tlsCAFile"] = str(settings.ca_file)
    try:
        with _certificate(settings) as certificate:
            return pymongo.MongoClient(settings.uri, **options, **certificate)
    except errors.InvalidURI:
        # pymongo's sentence may quote the password.
        text = "no MongoDB connection string (user and password in it must be percent-encoded)"
        raise ConfigError(f"mongodb_uri: {text}") from None
    except (errors.PyMongoError, ValueError, TypeError) as error:
        raise ConfigError(f"mongodb_uri: {_without_secrets(str(error), settings)}") from None
    except OSError as error:
        raise ConfigError(f"mongodb: {error}") from error


def address(settings: MongoSettings) -> str:
    """The hosts that the URI names, without user and password."""
    return settings.uri.rpartition("@")[2].rpartition("//")[2].partition("/")[0].partition("?")[0]


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))


@contextlib.contextmanager
def _certificate(settings: MongoSettings) -> Iterator[Document]:
    """The option that names one file with certificate and key, as pymongo wants it.

    Where they are two files the one lies in memory, until the client has read it.
    """
    if settings.cert_file is None or settings.key_file is None:
        yield {"tlsCertificateKeyFile": str(settings.cert_file)} if settings.cert_file else {}
        return
    pem = settings.cert_file.read_bytes() + b"\n" + settings.key_file.read_bytes()
    with open(os.memfd_create("mongodb-certificate"), "wb", buffering=0) as file:
        file.write(pem)
        yield {"tlsCertificateKeyFile": f"/proc/self/fd/{file.fileno()}"}


def _without_secrets(sentence: str, settings: MongoSettings) -> str:
    head, at, _ = settings.uri.rpartition("@")
    for secret in (head.rpartition("//")[2].partition(":")[2] if at else "", settings.password):
        sentence = sentence.replace(secret, "***") if secret else sentence
    return sentence
