package storetest

import (
	"testing"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

var ownerTests = map[string]func(*testing.T, Open){
	"WhoAnnouncedLastOwnsTheRecord":         whoAnnouncedLastOwnsTheRecord,
	"ARenewalTakesTheRecordBack":            aRenewalTakesTheRecordBack,
	"StoppedWithoutAVersionRemovesNothing":  stoppedWithoutAVersionRemovesNothing,
	"StoppedRemovesWhateverTheRoleIsByThen": stoppedRemovesWhateverTheRole,
	"EachWriteHasAVersionOfItsOwn":          eachWriteHasAVersionOfItsOwn,
	"OnlyBrowsersHaveVersions":              onlyBrowsersHaveVersions,
	"CompletedCountsWhicheverSessionSaysIt": completedCountsWhicheverSessionSaysIt,
	"RivalSessionsLeaveNothingBehind":       rivalSessionsLeaveNothingBehind,
}

func whoAnnouncedLastOwnsTheRecord(t *testing.T, open Open) {
	for _, crowd := range []int{0, 300} {
		r := newLeaseRoom(t, open)
		r.sessions(1000, 1000+crowd)
		s, l := uint32(crowd/2), uint32(crowd-crowd/2)
		for seeder := range uint32(2) {
			old, young := r.session(1), r.session(1)
			old.tell(seeder == 1, bittorrent.Started)
			r.wantStats("the second session", young.tell(seeder == 1, bittorrent.Started), s+seeder, l+1-seeder, 0)
			r.wantHeld("taken over", []*session{old, young}, swarm.Taken, swarm.Held)
			r.release(old)
			r.wantStats("released by the first", r.scrape(), s+seeder, l+1-seeder, 0)
			r.wantStats("stopped by the first", old.tell(seeder == 1, bittorrent.Stopped), s+seeder, l+1-seeder, 0)
			r.wantHeld("stopped by the first", []*session{young}, swarm.Held)
			r.wantStats("stopped by the second", young.tell(seeder == 1, bittorrent.Stopped), s, l, 0)
			r.wantHeld("stopped by the second", []*session{young}, swarm.Gone)
		}
	}
}

func aRenewalTakesTheRecordBack(t *testing.T, open Open) {
	r := newLeaseRoom(t, open)
	old, young := r.session(1), r.session(1)
	old.tell(false, bittorrent.Started)
	young.tell(false, bittorrent.Started)
	r.renew(old)
	both := []*session{old, young}
	r.wantHeld("renewed by the first", both, swarm.Held, swarm.Taken)
	r.release(young)
	r.wantHeld("released by the second", both, swarm.Held, swarm.Taken)
	r.release(old)
	r.wantHeld("released by the first", both, swarm.Gone)
	r.wantStats("released by the first", r.scrape(), 0, 0, 0)
}

func stoppedWithoutAVersionRemovesNothing(t *testing.T, open Open) {
	r := newLeaseRoom(t, open)
	sessions := r.sessions(0, 2)
	for n := range 3 {
		got := r.session(n).tell(n == 0, bittorrent.Stopped)
		r.wantStats("stopped by who wrote nothing", got, 1, 1, 0)
	}
	r.wantHeld("stopped by who wrote nothing", sessions, swarm.Held)
}

func stoppedRemovesWhateverTheRole(t *testing.T, open Open) {
	r := newLeaseRoom(t, open)
	for _, seeder := range []bool{false, true} {
		s := r.session(1)
		s.tell(seeder, bittorrent.Started)
		r.wantStats("stopped in the other role", s.tell(!seeder, bittorrent.Stopped), 0, 0, 0)
	}
}

func eachWriteHasAVersionOfItsOwn(t *testing.T, open Open) {
	r := newLeaseRoom(t, open)
	seen := map[swarm.Version]bool{}
	one, other := r.session(1), r.session(1)
	for i := range 300 {
		s := one
		if i%3 == 0 {
			s = other
		}
		if i%2 == 0 {
			s.tell(i%5 == 0, bittorrent.None)
		} else {
			r.renew(s)
		}
		if seen[s.record.Version] {
			t.Fatalf("write %d: got version %d again", i, s.record.Version)
		}
		seen[s.record.Version] = true
		if i%7 == 0 {
			r.release(s)
		}
	}
}

func onlyBrowsersHaveVersions(t *testing.T, open Open) {
	r := newLeaseRoom(t, open)
	for _, p := range []swarm.Peer{peer4(1), peer6(1)} {
		result, _ := r.announce(swarm.Announce{Peer: p})
		if result.Version != 0 {
			t.Errorf("%v: got version %d, want none", p, result.Version)
		}
		got, _ := r.announce(swarm.Announce{Peer: p, Event: bittorrent.Stopped, Version: 7})
		r.wantStats("stopped, whatever the version", got.Stats, 0, 0, 0)
	}
}

func completedCountsWhicheverSessionSaysIt(t *testing.T, open Open) {
	r := newLeaseRoom(t, open)
	old, young := r.session(1), r.session(1)
	r.wantStats("seeds what it has on disk", r.session(2).tell(true, bittorrent.Completed), 1, 0, 0)
	old.tell(false, bittorrent.Started)
	r.renew(old)
	r.wantStats("another session is done", young.tell(true, bittorrent.Completed), 2, 0, 1)
	r.wantStats("and says so again", young.tell(true, bittorrent.Completed), 2, 0, 1)
	r.renew(young)
	r.wantStats("as does the first", old.tell(true, bittorrent.Completed), 2, 0, 1)
	r.release(old)
	r.wantStats("it comes back", young.tell(true, bittorrent.Completed), 2, 0, 1)
	r.release(young)
	r.store.Advance(lease + grace)
	r.wantStats("all gone", r.scrape(), 0, 0, 1)
}

// Whoever writes last also releases what it wrote, since nobody writes after that: so nothing is left.
func rivalSessionsLeaveNothingBehind(t *testing.T, open Open) {
	const browsers, rounds = 3, 60
	r := newLeaseRoom(t, open)
	atOnce(func(w int) {
		for i := range rounds {
			s := r.session(i % browsers)
			a := swarm.Announce{InfoHash: r.hash, Peer: swarm.WebRTCPeer(s.record.Peer), Seeder: w%2 == 0}
			var peers swarm.Peers
			result, err := r.store.Announce(t.Context(), a, &peers)
			if n := result.Seeders + result.Leechers; err != nil || n > browsers {
				t.Errorf("announce: got %+v, error %v, want %d browsers at most", result, err, browsers)
			}
			s.record.Seeder, s.record.Version = a.Seeder, result.Version
			owned := records(s)
			if i%3 == 0 {
				if err := r.store.Renew(t.Context(), owned); err != nil {
					t.Errorf("renew: %v", err)
				}
			}
			if i%2 == 0 {
				err = r.store.Release(t.Context(), owned)
			} else {
				a.Event, a.Version = bittorrent.Stopped, owned[0].Version
				_, err = r.store.Announce(t.Context(), a, &peers)
			}
			if err != nil {
				t.Errorf("leaving: %v", err)
			}
		}
	})
	if got := r.scrape(); got.Seeders+got.Leechers != 0 {
		t.Errorf("all left: got %+v, want nobody", got)
	}
}
