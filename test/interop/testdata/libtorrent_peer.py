"""Holds one torrent until SIGTERM, then leaves its swarm and ends.

usage: libtorrent_peer.py FILE.torrent DIRECTORY LISTEN BYTES_PER_SECOND (0: no limit)
"""

import signal
import sys

import libtorrent as lt

torrent, directory, listen, rate = sys.argv[1:]
category = lt.alert.category_t
session = lt.session({
    "listen_interfaces": listen,
    "alert_mask": category.tracker_notification | category.status_notification | category.error_notification,
    "enable_dht": False,
    "enable_lsd": False,
    "enable_natpmp": False,
    "enable_upnp": False,
})
params = lt.add_torrent_params()
params.ti = lt.torrent_info(torrent)
params.save_path = directory
params.flags &= ~lt.torrent_flags.auto_managed  # a paused torrent stays paused
params.flags &= ~lt.torrent_flags.paused
params.flags |= lt.torrent_flags.disable_pex | lt.torrent_flags.disable_lsd | lt.torrent_flags.disable_dht
params.download_limit = int(rate) or -1
handle = session.add_torrent(params)

leaving = []
signal.signal(signal.SIGTERM, lambda *_: leaving.append(handle.pause()))

while True:
    session.wait_for_alert(100)  # milliseconds; returns early, and lets signals in
    for alert in session.pop_alerts():
        print(type(alert).__name__, alert.message(), flush=True)
        # The answer to the last announce: "stopped" is out.
        if leaving and isinstance(alert, (lt.tracker_reply_alert, lt.tracker_error_alert)):
            sys.exit()
