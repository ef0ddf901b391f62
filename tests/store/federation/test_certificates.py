"""HTTPS: the certificate has to hold for the name on the list, although an address is connected to."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from eclod.core.endpoints import Endpoint
from eclod.core.errors import EndpointFailed
from eclod.store import outgoing
from eclod.store.federation import Federation

from .conftest import JSON

BODY = b'{"head":{"vars":["l"]},"results":{"bindings":[{"l":{"type":"literal","value":"over TLS"}}]}}'

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with a key and a certificate for localhost that it signs itself."""
    file = tmp_path_factory.mktemp("certificate") / "localhost.pem"
    done = subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "-", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
        ],
        capture_output=True,
        check=True,
    )
    file.write_bytes(done.stdout)
    return file


@pytest.fixture
def port(certificate: Path) -> Iterator[int]:
    """Return the port of an endpoint that speaks TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            try:
                with plain, context.wrap_socket(plain, server_side=True) as connection:
                    received = b""
                    while b"query=" not in received:
                        received += connection.recv(65536)
                    connection.sendall(f"HTTP/1.0 200 OK\r\nContent-Type: {JSON}\r\n\r\n".encode() + BODY)
            except OSError:
                continue  # whoever asked did not like the certificate

    thread = threading.Thread(target=serve)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def ask(host: str, port: int) -> str:
    address = f"https://{host}:{port}/sparql"
    federation = Federation([Endpoint.parse(address)], private=True)
    try:
        return federation.resolve(f"SELECT * {{ SERVICE <{address}> {{ ?s ?p ?l }} }}", 30)
    finally:
        federation.close()


def test_a_certificate_nobody_vouches_for_is_refused(port: int) -> None:
    with pytest.raises(EndpointFailed, match=r"its certificate does not hold: self.signed certificate"):
        ask("localhost", port)


def test_a_certificate_is_for_the_name_and_not_for_the_address(
    port: int, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusting = ssl.create_default_context(cafile=str(certificate))
    monkeypatch.setattr(outgoing, "_tls", lambda: trusting)
    assert '"over TLS"' in ask("localhost", port)
    with pytest.raises(EndpointFailed, match="its certificate does not hold: IP address mismatch"):
        ask("127.0.0.1", port)
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
    )
    with pytest.raises(EndpointFailed, match="its certificate does not hold: Hostname mismatch"):
        ask("example.org", port)


def test_an_endpoint_without_tls_is_no_endpoint_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")
                connection.recv(65536)

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(EndpointFailed, match="cannot be reached"):
            ask("localhost", listener.getsockname()[1])
        thread.join()
