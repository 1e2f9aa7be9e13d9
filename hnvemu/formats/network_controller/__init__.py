"""Network Controller's resources, as its REST interface and its cmdlets write them in JSON."""

from hnvemu.formats.network_controller.reading import read_resources

__all__ = ["read_resources"]
