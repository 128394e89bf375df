"""The hosts of a database, in the order in which they are tried."""

from collections.abc import Sequence

Host = tuple[str, str]
"""A host and its port, as the address gives them."""


class Hosts:
    """The host that answered last comes first, one that was lost comes last.

    So a process stays with one host for as long as that answers, and who is cut off is waited for
    once, not with every new connection; nor is it gone back to when it answers again, which an old
    primary does that knows nothing of its heir.
    """

    def __init__(self, hosts: Sequence[Host]) -> None:
        self._order = tuple(hosts)

    def in_order(self) -> Sequence[Host]:
        """Return all of them."""
        return self._order

    def is_first(self, host: Host) -> bool:
        """Tell whether a host is the one to go to; so is any that is not among these."""
        return host not in self._order[1:]

    def answered(self, host: Host) -> None:
        """Begin with this one from now on."""
        if host in self._order:
            at = self._order.index(host)
            self._order = self._order[at:] + self._order[:at]

    def lost(self, host: Host) -> None:
        """Go to the next from now on, unless that was done already."""
        if self._order[:1] == (host,):
            self._order = (*self._order[1:], host)
