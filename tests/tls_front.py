"""TLS in front of a PostgreSQL server that has none: the packaged one is built without.

It speaks what a client says before the first message (SSLRequest, PostgreSQL's protocol 55.2.10),
then TLS with a certificate of its own, and passes on what comes. The client's side, which is what
is tested, is libpq's and real.
"""

import datetime as dt
import selectors
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_SSL_REQUEST = 80877103
_HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority, and the file of its certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    file: Path


def authority(folder: Path, name: str) -> Authority:
    """Make an authority that signs for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _signed(name, key, name, key, is_authority=True)
    file = folder / f"{name}.pem"
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return Authority(key, certificate, file)


@contextmanager
def tls_front(folder: Path, signer: Authority, host: str, behind: int) -> Iterator[int]:
    """Listen on loopback in front of the port `behind`, as `host`; give the port."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _signed(signer.file.stem, signer.key, host, key, is_authority=False)
    file = folder / f"{host}.server.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with socket.create_server((_HOST, 0)) as listener:
        threading.Thread(target=_listen, args=(listener, context, behind), daemon=True).start()
        yield listener.getsockname()[1]
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def _listen(listener: socket.socket, context: ssl.SSLContext, behind: int) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            threading.Thread(target=_serve, args=(client, context, behind), daemon=True).start()


def _serve(client: socket.socket, context: ssl.SSLContext, behind: int) -> None:
    with client, suppress(OSError):
        while struct.unpack(">ii", client.recv(8, socket.MSG_WAITALL)) != (8, _SSL_REQUEST):
            client.sendall(b"N")
        client.sendall(b"S")
        with (
            context.wrap_socket(client, server_side=True) as secured,
            socket.create_connection((_HOST, behind)) as server,
        ):
            _pass_on(secured, server)


def _pass_on(secured: ssl.SSLSocket, server: socket.socket) -> None:
    with selectors.DefaultSelector() as waiting:
        waiting.register(secured, selectors.EVENT_READ, server)
        waiting.register(server, selectors.EVENT_READ, secured)
        while True:
            for ready, _ in waiting.select():
                source = ready.fileobj
                assert isinstance(source, socket.socket)
                data = source.recv(65_536)
                if not data:
                    return
                ready.data.sendall(data)
                while source is secured and secured.pending():
                    server.sendall(secured.recv(65_536))


def _signed(
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    name: str,
    key: ec.EllipticCurvePrivateKey,
    *,
    is_authority: bool,
) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
