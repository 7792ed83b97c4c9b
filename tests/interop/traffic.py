# SPDX-License-Identifier: GPL-2.0-only
"""The traffic of a scene: ping, also in fragments; DNS; a datagram in fragments; HTTP; TLS.

Servers and client are threads of one process, each in its host's network namespace. What passes is the same in
every scene, so that what sensors say of it can be compared.
"""

import random
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path

import hosts
from scenes import Scene

FILE_NAME = "interop-file"
FILE_SIZE = 400_000
# In the middle of the file, over the border of two segments; at the end of the datagram, in its last fragment
FILE_MARKER, DATAGRAM_MARKER = b"interop-marker-of-the-file", b"interop-marker-of-the-datagram"
DNS_NAME, TLS_NAME, TLS_REPLY = "host.interop.test", "tls.interop.test", b"interop" * 3000
PINGS, LARGE_PINGS = 3, 2
_DATAGRAM_SIZE, _LARGE_PING = 4000, 3000
_SECONDS = 60
# While the rules are replaced: so that it takes longer than that
_PIECE, _PAUSE = 1000, 0.02
# Open vSwitch decides on the first packet of a flow in user space, and what follows at once overtakes it.
_DECISION = 1


def file_bytes() -> bytes:
    """What HTTP transfers: always the same, nothing that could be compressed or looks like a protocol."""
    data = bytearray(random.Random(17).randbytes(FILE_SIZE))
    middle = FILE_SIZE // 2
    data[middle:middle + len(FILE_MARKER)] = FILE_MARKER
    return bytes(data)


def _datagram() -> bytes:
    return b"d" * (_DATAGRAM_SIZE - len(DATAGRAM_MARKER)) + DATAGRAM_MARKER


def _receive_all(connection: socket.socket) -> bytes:
    data = bytearray()
    while part := connection.recv(65536):
        data += part
    return bytes(data)


def _http(connection: socket.socket, middle: Callable[[], threading.Thread | None]) -> None:
    """One request and its answer. MIDDLE is called when half of it is sent; what it does, it does meanwhile: the less is
    left, the slower it goes on."""
    request = b""
    while b"\r\n\r\n" not in request:
        request += connection.recv(4096)
    body = file_bytes()
    connection.sendall(b"HTTP/1.1 200 OK\r\nServer: interop\r\nContent-Type: application/octet-stream\r\n"
                       b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body))
    sent = FILE_SIZE // 2
    connection.sendall(body[:sent])
    working = middle()
    while working and working.is_alive():
        connection.sendall(body[sent:sent + _PIECE])
        sent += _PIECE
        time.sleep(_PAUSE * (FILE_SIZE // 2) / (FILE_SIZE - sent))
        if sent > FILE_SIZE - 10 * _PIECE:
            raise RuntimeError("the file was sent before the middle of the scene was over")
    connection.sendall(body[sent:])


def _dns_answer(query: bytes) -> bytes:
    question = query[12:]
    record = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + bytes((192, 0, 2, 1))
    return query[:2] + struct.pack("!5H", 0x8180, 1, 1, 0, 0) + question + record


class Servers:
    """What answers, in one host; with SHORT what play() then asks."""

    def __init__(self, netns: str, family: int, certificate: Path, middle: Callable[[], threading.Thread | None],
                 short: bool) -> None:
        self._family = socket.AF_INET if family == 4 else socket.AF_INET6
        self._certificate, self._middle = certificate, middle
        servers = [self._serve_http, self._serve_dns] + ([] if short else [self._serve_tls, self._serve_datagrams])
        self._ready = threading.Barrier(len(servers) + 1)
        for serve in servers:
            hosts.within(netns, serve)
        self._ready.wait(_SECONDS)

    def _listen(self, port: int, kind: socket.SocketKind) -> socket.socket:
        listener = socket.socket(self._family, kind)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("", port))
        if kind == socket.SOCK_STREAM:
            listener.listen()
        self._ready.wait(_SECONDS)
        return listener

    def _serve_http(self) -> None:
        with self._listen(80, socket.SOCK_STREAM) as listener, listener.accept()[0] as connection:
            _http(connection, self._middle)

    def _serve_tls(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._certificate)
        with self._listen(443, socket.SOCK_STREAM) as listener:
            accepted = listener.accept()[0]
            with context.wrap_socket(accepted, server_side=True) as connection:
                connection.recv(100)
                connection.sendall(TLS_REPLY)
                connection.unwrap()

    def _serve_dns(self) -> None:
        with self._listen(53, socket.SOCK_DGRAM) as listener:
            query, client = listener.recvfrom(512)
            listener.sendto(_dns_answer(query), client)

    def _serve_datagrams(self) -> None:
        with self._listen(9, socket.SOCK_DGRAM) as listener:
            data, client = listener.recvfrom(65535)
            listener.sendto(data[::-1], client)


def _ask_dns(server: str) -> None:
    name = b"".join(bytes([len(part)]) + part.encode() for part in DNS_NAME.split(".")) + b"\0"
    answer = _exchange(server, 53, b"\x12\x34" + struct.pack("!5H", 0x0100, 1, 0, 0, 0) + name + b"\0\1\0\1")
    if answer[-4:] != bytes((192, 0, 2, 1)):
        raise RuntimeError(f"DNS answered {answer.hex()}")


def _exchange(server: str, port: int, data: bytes) -> bytes:
    with socket.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(_SECONDS)
        # The path's MTU may not be the device's: never DF.
        if ":" not in server:
            client.setsockopt(socket.IPPROTO_IP, 10, 0)  # IP_MTU_DISCOVER, IP_PMTUDISC_DONT
        client.connect((server, port))
        client.send(data)
        return client.recv(65535)


def _fetch_http(server: str, pause: float) -> None:
    with socket.create_connection((server, 80), _SECONDS) as client:
        time.sleep(pause)
        client.sendall(b"GET /%s HTTP/1.1\r\nHost: www.interop.test\r\nUser-Agent: interop\r\n\r\n"
                       % FILE_NAME.encode())
        if _receive_all(client).partition(b"\r\n\r\n")[2] != file_bytes():
            raise RuntimeError("HTTP transferred something else")


def _fetch_tls(server: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    # In 1.3 sensors see no certificate.
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with socket.create_connection((server, 443), _SECONDS) as plain, \
            context.wrap_socket(plain, server_hostname=TLS_NAME) as client:
        client.sendall(b"hello")
        data = b""
        while len(data) < len(TLS_REPLY):
            data += client.recv(65536)
        client.unwrap()
    if data != TLS_REPLY:
        raise RuntimeError("TLS transferred something else")


def play(scene: Scene, certificate: Path, middle: Callable[[], threading.Thread | None], short: bool) -> None:
    """Sends it all, from the sender to the peer, or to the router. Raises if anything was not answered."""
    server = (hosts.ROUTER if scene.own else hosts.PEER)[scene.family]
    Servers("router" if scene.own else "peer", scene.family, certificate, middle, short)
    faults: list[BaseException] = []

    def client() -> None:
        try:
            _ask_dns(server)
            _fetch_http(server, _DECISION if scene.switch else 0)
            if not short:
                if _exchange(server, 9, _datagram()) != _datagram()[::-1]:
                    raise RuntimeError("the datagram's answer is another")
                _fetch_tls(server)
        except (OSError, RuntimeError) as fault:
            faults.append(fault)

    hosts.within("sender", client).join()
    if faults:
        raise RuntimeError(f"{scene.name}: the traffic itself failed: {faults[0]!r}") from faults[0]
    if not short:
        hosts.sh(f"ping -qnc{PINGS} -i0.2 -W9 {server}; "
                 f"ping -qnc{LARGE_PINGS} -i0.2 -W9 -M dont -s {_LARGE_PING} {server}", "sender")
