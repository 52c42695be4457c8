package interop_test

import (
	"testing"

	"github.com/starling-tracker/starling/internal/testutil/redistest"
	"github.com/starling-tracker/starling/internal/testutil/starlingtest"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// A tracker is where a client of WebTorrent announces, and where the test counts; http may be empty.
type tracker struct{ ws, http string }

func trackerOf(s *starlingtest.Server) tracker {
	return tracker{s.Announce("ws", "ipv4"), s.Announce("http", "ipv4")}
}

// A meeting is where two clients of WebTorrent try to find each other: the first knows the one tracker, the
// second the other, and they may be the same.
type meeting struct {
	name string
	open func(t *testing.T) [2]tracker
}

var (
	oneReplica = meeting{"OneReplica", func(t *testing.T) [2]tracker {
		at := trackerOf(startServer(t))
		return [2]tracker{at, at}
	}}
	overRedis = meeting{"ReplicasOverRedis", func(t *testing.T) [2]tracker {
		return twoReplicas(t, "--redis.url="+redistest.Start(t).URL())
	}}
	overCluster = meeting{"ReplicasOverCluster", func(t *testing.T) [2]tracker {
		return twoReplicas(t, "--redis.url="+redistest.StartCluster(t, 3, false).URL())
	}}

	// If clients do not meet at the reference tracker, Starling is not to blame. It counts for nobody, since its
	// scrapes over HTTP spell info hashes in UTF-8.
	atReference = meeting{"ReferenceTracker", func(t *testing.T) [2]tracker {
		addr := awaitLine(t, startNode(t, "bittorrent_tracker.mjs", trackerHost.ipv4), "listening")
		at := tracker{ws: "ws://" + addr}
		return [2]tracker{at, at}
	}}
)

// unconnected is the control of the meetings: two replicas that know nothing of each other.
func unconnected(t *testing.T) [2]tracker { return twoReplicas(t) }

func twoReplicas(t *testing.T, flags ...string) [2]tracker {
	t.Helper()
	replicas := [2]*starlingtest.Server{launchServer(t, flags...), launchServer(t, flags...)} // at the same moment
	for _, r := range replicas {
		r.AwaitReady(t)
	}
	return [2]tracker{trackerOf(replicas[0]), trackerOf(replicas[1])}
}

// seenAt waits until each tracker that can be asked counts what is wanted.
func seenAt(t *testing.T, when string, hash bittorrent.InfoHash, want counts, at ...tracker) {
	t.Helper()
	for _, a := range at {
		if a.http != "" {
			eventually(t, when+", scrape of "+a.http, want, func() counts { return scrape(t.Context(), a.http, hash) })
		}
	}
}
