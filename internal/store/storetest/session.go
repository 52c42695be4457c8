package storetest

import (
	"slices"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// A session is one of perhaps several connections of a browser, as it stands to a swarm: it knows what
// it wrote itself, and nothing of the others.
type session struct {
	room
	record swarm.Record
}

// session returns a new connection of the n-th browser.
func (r room) session(n int) *session {
	return &session{r, swarm.Record{InfoHash: r.hash, Peer: browser(n).ID()}}
}

// sessions returns a connection of each browser from lo to hi-1, every other one a seeder that has
// announced; the others are leechers.
func (r room) sessions(lo, hi int) []*session {
	var all []*session
	for n := lo; n < hi; n++ {
		s := r.session(n)
		s.tell(n%2 == 0, bittorrent.None)
		all = append(all, s)
	}
	return all
}

// tell announces.
func (s *session) tell(seeder bool, e bittorrent.Event) swarm.Stats {
	s.t.Helper()
	result, _ := s.announce(swarm.Announce{
		Peer: swarm.WebRTCPeer(s.record.Peer), Seeder: seeder, Event: e, Version: s.record.Version,
	})
	if (result.Version == 0) != (e == bittorrent.Stopped) {
		s.t.Errorf("%v of %v: got version %d", e, s.record.Peer, result.Version)
	}
	s.record.Seeder, s.record.Version = seeder, result.Version
	return result.Stats
}

// records returns those of some sessions.
func records(sessions ...*session) (records []swarm.Record) {
	for _, s := range sessions {
		records = append(records, s.record)
	}
	return records
}

// renew renews the records of some sessions in one call.
func (r room) renew(sessions ...*session) {
	r.t.Helper()
	renewed := records(sessions...)
	if err := r.store.Renew(r.t.Context(), renewed); err != nil {
		r.t.Fatalf("renew: %v", err)
	}
	for i, s := range sessions {
		if was := s.record; renewed[i].Version == 0 || renewed[i].Version == was.Version {
			r.t.Errorf("renew of %v: got version %d, after %d", was.Peer, renewed[i].Version, was.Version)
		}
		s.record.Version = renewed[i].Version
		if renewed[i] != s.record {
			r.t.Errorf("renew: got the record %+v, want %+v", renewed[i], s.record)
		}
	}
}

// release releases the records of some sessions in one call.
func (r room) release(sessions ...*session) {
	r.t.Helper()
	if err := r.store.Release(r.t.Context(), records(sessions...)); err != nil {
		r.t.Fatalf("release: %v", err)
	}
}

// wantHeld fails the test unless the records of some sessions stand as in want, or all so when that is
// one.
func (r room) wantHeld(what string, sessions []*session, want ...swarm.Holding) {
	r.t.Helper()
	if len(want) == 1 {
		want = slices.Repeat(want, len(sessions))
	}
	got, err := r.store.Held(r.t.Context(), records(sessions...), []swarm.Holding{swarm.Taken})
	if err != nil {
		r.t.Fatalf("%s: %v", what, err)
	}
	if got[0] != swarm.Taken || !slices.Equal(got[1:], want) {
		r.t.Errorf("%s: got %v, want %v, appended", what, got, want)
	}
}
