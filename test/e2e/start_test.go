package e2e_test

import (
	"errors"
	"testing"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil/starlingtest"
	"github.com/starling-tracker/starling/pkg/client"
)

// TestReplicasStartedTogetherAgreeOnConnectionIDs starts replicas at the same moment over a Redis that is
// empty, several times. The IDs of each are good at all of them as soon as they are ready, and at one that
// comes later.
func TestReplicasStartedTogetherAgreeOnConnectionIDs(t *testing.T) {
	const rounds, replicas = 3, 4
	for _, kind := range redisKinds {
		t.Run(kind.name, func(t *testing.T) {
			url, masters := kind.start(t)
			for range rounds {
				f := launch(t, replicas, url)
				f.wantSharedIDs(t)
				starlingtest.Stop(t, f.replicas...)
				for _, m := range masters {
					m.Do("FLUSHALL")
				}
			}
		})
	}
}

// wantSharedIDs fails the test unless the connection IDs of each replica are good at each, and at one that
// started later, for the address that they were given to.
func (f *fleet) wantSharedIDs(t *testing.T) {
	t.Helper()
	rng := newRand(t)
	type given struct {
		id      uint64
		host    *host
		replica int
	}
	var all []given
	for _, ip := range []string{"127.0.0.1", "::1"} {
		h := newHost(t, f, rng, ip)
		for i, r := range f.replicas {
			id, err := h.connectAt(r)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, given{id, h, i})
		}
	}
	f.restart(0)
	stranger := newHost(t, f, rng, "127.0.9.9")
	for _, g := range all {
		for j, r := range f.replicas {
			if err := g.host.use(r, g.id); err != nil {
				t.Errorf("ID of replica %d for %v, at replica %d: got %v, want it accepted", g.replica, g.host.ip, j, err)
			}
		}
		r := f.any(rng) // errors are limited a source
		refused, ok := errors.AsType[*client.FailureError](stranger.use(r, g.id))
		if !ok || refused.Reason != "expired connection ID" {
			t.Errorf("ID of replica %d for %v, used by a stranger: got %v, want it refused", g.replica, g.host.ip, refused)
		}
	}
}

// use announces and scrapes with a connection ID.
func (h *host) use(r *starlingtest.Server, id uint64) error {
	h.id, h.uses = id, 2
	a := client.Announcement{InfoHash: randomHash(h.rng), Port: 1}
	if _, err := h.announceAt(r, swarm.UDP, a); err != nil {
		return err
	}
	_, err := h.scrapeAt(r, swarm.UDP, a.InfoHash)
	return err
}
