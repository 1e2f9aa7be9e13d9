"""Octets in and out: what decisions see of a frame, tunnels, captures. Knows no policy."""
