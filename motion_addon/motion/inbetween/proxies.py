# SPDX-License-Identifier: GPL-3.0-or-later
"""The proxy of each kind of body."""

from collections.abc import Callable
from typing import Final

from ..body.body import Body
from ..body.kinds import BIPED, QUADRUPED, Kind
from .animal_proxy import AnimalProxy
from .model import Filler
from .person_proxy import PersonProxy
from .proxy import Proxy

_PROXIES: Final[dict[Kind, Callable[[Body, Filler], Proxy]]] = {
    BIPED: lambda body, filler: PersonProxy(body, filler.skeleton),
    QUADRUPED: lambda body, filler: AnimalProxy.of_body(body),
}


def proxy_of(body: Body, filler: Filler) -> Proxy:
    """Return the proxy of a rig's body for a filler of its kind."""
    return _PROXIES[body.kind](body, filler)
