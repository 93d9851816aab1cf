"""Where an installation is: what its own address says, without asking anybody."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

_INTERNAL = (".local", ".localhost", ".lan", ".internal", ".intranet", ".home", ".corp", ".arpa", ".test")


@dataclass(frozen=True, slots=True)
class Place:
    """An installation's address: scheme, host and perhaps a folder, without a slash at the end."""

    base: str
    official: str = ""  # the same as the installation itself tells it

    @property
    def host(self) -> str:
        """Its host, without port."""
        return urlsplit(self.base).hostname or ""

    @property
    def is_sent_on(self) -> bool:
        """Whether it is asked without encryption where the installation has it."""
        return not self.is_https and self.official.startswith("https://")

    @property
    def is_https(self) -> bool:
        """Whether it is encrypted."""
        return self.base.startswith("https://")

    @property
    def is_local(self) -> bool:
        """Whether it is this very computer."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost" or self.host.endswith(".localhost")

    @property
    def is_private(self) -> bool:
        """Whether the internet cannot reach it: a private address, or a name that only a network knows."""
        try:
            return not ip_address(self.host).is_global
        except ValueError:
            return "." not in self.host or self.host.endswith(_INTERNAL)
