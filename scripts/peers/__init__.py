"""What compare_peers.py measures with."""
