package interop_test

import (
	"crypto/rand"
	"strconv"
	"syscall"
	"testing"

	"github.com/starling-tracker/starling/internal/testutil/starlingtest"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// TestNodePeersTalk has two of bittorrent-tracker's clients meet, with real WebRTC, and listen to each other.
func TestNodePeersTalk(t *testing.T) {
	t.Parallel()
	needWebRTC(t)
	for _, m := range []meeting{oneReplica, overRedis, atReference} {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			at := m.open(t)
			hash := randomHash()
			sees := func(when string, want counts) {
				t.Helper()
				seenAt(t, when, hash, want, at[:]...)
			}
			seeder := startNodePeer(t, at[0], hash, 0, "from the seeder")
			sees("one there", counts{seeders: 1})
			leecher := startNodePeer(t, at[1], hash, 1000, "from the leecher")
			for p, want := range map[*starlingtest.Process]string{seeder: "from the leecher", leecher: "from the seeder"} {
				if got := awaitLine(t, p, "heard"); got != want {
					t.Errorf("got %q, want %q", got, want)
				}
			}
			sees("both there", counts{seeders: 1, leechers: 1})
			leecher.End(t, syscall.SIGTERM)
			sees("one gone", counts{seeders: 1})
			seeder.End(t, syscall.SIGKILL) // its socket is all that tells
			sees("both gone", counts{})
		})
	}
}

// TestNodePeersDoNotTalkThroughUnconnectedReplicas is the control.
func TestNodePeersDoNotTalkThroughUnconnectedReplicas(t *testing.T) {
	t.Parallel()
	needWebRTC(t)
	at, hash := unconnected(t), randomHash()
	first := startNodePeer(t, at[0], hash, 0, "from the seeder")
	second := startNodePeer(t, at[1], hash, 1000, "from the leecher")
	seenAt(t, "first", hash, counts{seeders: 1}, at[0])
	seenAt(t, "second", hash, counts{leechers: 1}, at[1])
	always(t, "anything heard", false, func() bool {
		_, one := printed(first, "heard")
		_, other := printed(second, "heard")
		return one || other
	})
}

func startNodePeer(t *testing.T, at tracker, hash bittorrent.InfoHash, left int, words string) *starlingtest.Process {
	t.Helper()
	peerID := randomHash()
	return startNode(t, "webrtc_peer.mjs", at.ws, hash.String(), peerID.String(), strconv.Itoa(left), words)
}

func randomHash() (h bittorrent.InfoHash) {
	rand.Read(h[:])
	return h
}
