"""Linkbacks: other portals say which of their pages are about our things, and hear when one of these ends.

notifications   what a notification says (Linked Data Notifications, ActivityStreams)
box             where it is kept, and how far it got
pages           whether a page has a link
reaching        requests to hosts on the operator's list, and to nobody else
life            what the portals hear when a thing was merged, split, withdrawn or erased
rounds          checking and telling, one round after the other
process         runs the rounds beside the service
"""
