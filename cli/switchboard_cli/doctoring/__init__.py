"""What `switchboard doctor` examines: the region's configuration, its Zammad, a round trip.

Every part reports findings and goes on as far as it can. Nothing here shows a secret.
"""
