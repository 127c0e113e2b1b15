"""What every measurement of a run is made with."""

import collections

from arc_compliance.probe.python.facts.default_client import DefaultClient
from arc_compliance.probe.python.facts.trust_store import TrustStore
from arc_compliance.probe.python.order import Order
from arc_compliance.probe.python.resolver import Resolver
from arc_compliance.probe.python.threads import ThreadPool


class Equipment(collections.namedtuple("Equipment", "order resolver trust default_client beside")):
    """The order, the host's resolver, the agent's trust store, the host's own TLS client, and the
    threads for what is asked beside an endpoint's main connection."""

    __slots__ = ()
    order: Order
    resolver: Resolver
    trust: TrustStore
    default_client: DefaultClient
    beside: ThreadPool
