"""Services whose clients are outsiders: mail, names, messages of devices, tunnels, voice, games, git over SSH.

A port that such a service is for is opened to the internet on purpose, where a name says that it is that service's. Ports:
https://www.iana.org/assignments/service-names-port-numbers/; those of games and of media are chosen by their vendors.
"""

from __future__ import annotations

import re

from batten.model.record import record


@record
class Service:
    """A service: its words in names, its ports by protocol (both ends included)."""

    name: str
    words: frozenset[str]
    tcp: tuple[tuple[int, int], ...] = ()
    udp: tuple[tuple[int, int], ...] = ()


def _service(
    name: str, words: str, tcp: tuple[tuple[int, int], ...] = (), udp: tuple[tuple[int, int], ...] = ()
) -> Service:
    return Service(name, frozenset(words.split()), tcp, udp)


def _each(*ports: int) -> tuple[tuple[int, int], ...]:
    return tuple((port, port) for port in ports)


_SERVICES = (
    _service(
        "mail",
        "mail mailserver smtp smtps imap imaps pop3 mx postfix dovecot",
        _each(25, 110, 143, 465, 587, 993, 995, 4190),
    ),
    _service("DNS", "dns bind unbound nameserver coredns powerdns resolver", _each(53, 853), _each(53, 853)),
    _service("MQTT over TLS", "mqtt mqtts mosquitto emqx hivemq iot", _each(8883, 8884)),
    _service("VPN", "vpn openvpn wireguard wg ipsec", _each(1194), _each(500, 1194, 1701, 4500, 51820)),
    _service(
        "voice and video",
        "turn stun coturn jitsi jvb webrtc sip rtp voice livekit mumble teamspeak media",
        _each(3478, 4443, 5061, 5349, 7881, 10011, 30033, 64738),
        ((3478, 3481), (5349, 5349), (7882, 7882), (9987, 9987), (10000, 65535)),
    ),
    _service(
        "games",
        "game games gameserver minecraft valheim factorio terraria palworld ark rust csgo",
        ((7777, 7778), (25565, 25565)),
        ((2456, 2458), (7777, 7778), (8211, 8211), (19132, 19133), (27015, 27016), (34197, 34197)),
    ),
    _service("git over SSH", "git gitlab gitea forgejo gogs gerrit", _each(22, 2222)),
)
_PARTS = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z])(?=[A-Z])")
_NOT_IT = frozenset(("runner", "runners", "exporter", "backup", "admin", "internal", "db", "database"))


def service_of(ports: tuple[int, int], protocol: str, *names: str) -> str:
    """The service that one of the names says, where all of the ports are its own; "" where none is."""
    words = {word.lower() for name in names for word in _PARTS.split(name)}
    first, last = ports
    for service in () if words & _NOT_IT else _SERVICES:
        ranges = {"tcp": service.tcp, "udp": service.udp}.get(protocol.lower(), ())
        if words & service.words and any(low <= first <= last <= high for low, high in ranges):
            return service.name
    return ""
