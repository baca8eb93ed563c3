"""Certificates for servers and clients in tests, signed by an authority of their own."""

from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM files of one authority: its own certificate, a server's pair and a client's pair.

    `pair` is the client's certificate and key in one file, as MongoDB clients want it.
    """

    ca: Path
    server_cert: Path
    server_key: Path
    client_cert: Path
    client_key: Path
    pair: Path


def make_certificates(folder: Path, user: str = "fleetcron") -> Certificates:
    """Write a new authority and its certificates into `folder`.

    The server's is for 127.0.0.1, ::1 and localhost; the client's has `user` as its common name.
    Another call with another folder gives an authority that the first one does not trust.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority = trustme.CA()
    server = authority.issue_cert("127.0.0.1", "::1", "localhost")
    client = authority.issue_cert("client.invalid", common_name=user)
    made = Certificates(
        *(
            folder / name
            for name in (
                "ca.pem",
                "server.pem",
                "server.key",
                "client.pem",
                "client.key",
                "client-pair.pem",
            )
        )
    )
    authority.cert_pem.write_to_path(made.ca)
    server.cert_chain_pems[0].write_to_path(made.server_cert)
    server.private_key_pem.write_to_path(made.server_key)
    client.cert_chain_pems[0].write_to_path(made.client_cert)
    client.private_key_pem.write_to_path(made.client_key)
    client.private_key_and_cert_chain_pem.write_to_path(made.pair)
    return made
