package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

var leaseTests = map[string]func(*testing.T, Open){
	"ABrowserLivesForItsLease":              aBrowserLivesForItsLease,
	"RenewedBrowsersStay":                   renewedBrowsersStay,
	"AnnouncesRenewToo":                     announcesRenewToo,
	"RenewBringsBackWhoIsGone":              renewBringsBackWhoIsGone,
	"RenewWritesTheRole":                    renewWritesTheRole,
	"ReleaseRemovesExactlyTheRecords":       releaseRemovesExactlyTheRecords,
	"ReleaseOfAStrangerCreatesNothing":      releaseOfAStrangerCreatesNothing,
	"RecordsOfACallMayBeOfManySwarms":       recordsOfACallMayBeOfManySwarms,
	"CallsOfNoRecordsSucceed":               callsOfNoRecordsSucceed,
	"ARenewedBrowserIsCountedAndListedOnce": aRenewedBrowserIsCountedAndListedOnce,
}

// lease is that of the tests of this file. Browsers may live grace longer, as others do.
const lease = lifetime / 4

func newLeaseRoom(t *testing.T, open Open) room { return newRoomWith(t, open, Options{Lease: lease}) }

func aBrowserLivesForItsLease(t *testing.T, open Open) {
	for _, n := range []int{2, 300} {
		r := newLeaseRoom(t, open)
		r.join(false, peer4(1), peer6(1))
		sessions := r.sessions(0, n)
		r.store.Advance(lease - time.Second)
		r.wantStats("a second before", r.scrape(), uint32(n/2), uint32(n/2+2), 0)
		r.wantHeld("a second before", sessions, swarm.Held)
		r.store.Advance(grace + time.Second)
		r.wantStats("a little later", r.scrape(), 0, 2, 0)
		r.wantHeld("a little later", sessions, swarm.Gone)
		_, peers := r.say(swarm.Announce{Peer: browser(n), NumWant: n})
		wantExactly(t, "a little later", peers)
	}
}

func renewedBrowsersStay(t *testing.T, open Open) {
	for _, n := range []int{4, 400} {
		r := newLeaseRoom(t, open)
		sessions := r.sessions(0, n)
		renewed, silent := sessions[:n/2], sessions[n/2:]
		for range 6 {
			r.store.Advance(lease * 3 / 4)
			r.renew(renewed...)
		}
		r.wantStats("half of them renewed", r.scrape(), uint32(n/4), uint32(n/4), 0)
		r.wantHeld("renewed", renewed, swarm.Held)
		r.wantHeld("silent", silent, swarm.Gone)
		_, peers := r.say(swarm.Announce{Peer: browser(0), NumWant: n})
		wantExactly(t, "half of them renewed", peers, series(browser, 1, n/2)...)
	}
}

func announcesRenewToo(t *testing.T, open Open) {
	r := newLeaseRoom(t, open)
	s := r.session(1)
	for range 5 {
		s.tell(false, bittorrent.None)
		r.store.Advance(lease * 3 / 4)
	}
	r.wantStats("one kept announcing", r.scrape(), 0, 1, 0)
	r.wantHeld("one kept announcing", []*session{s}, swarm.Held)
}

func renewBringsBackWhoIsGone(t *testing.T, open Open) {
	r := newRoomWith(t, open, Options{Lease: lease, MaxSwarms: 1, MaxPeersPerSwarm: 4})
	sessions := r.sessions(0, 4)
	r.store.Advance(lease + grace)
	r.renew(sessions[:3]...)
	r.wantStats("after their lease", r.scrape(), 2, 1, 0)
	r.wantHeld("after their lease", sessions, swarm.Held, swarm.Held, swarm.Held, swarm.Gone)
	r.release(sessions[:3]...)
	r.join(false, series(peer4, 0, 4)...) // and the swarm is full
	r.renew(sessions[:2]...)
	r.wantStats("after their release, in a full swarm", r.scrape(), 1, 5, 0)
	r.wantHeld("after their release", sessions[:3], swarm.Held, swarm.Held, swarm.Gone)
}

func renewWritesTheRole(t *testing.T, open Open) {
	r := newLeaseRoom(t, open)
	sessions := r.sessions(0, 200)
	for _, s := range sessions {
		s.record.Seeder = !s.record.Seeder
	}
	sessions[0].record.Seeder = true
	r.renew(sessions...)
	r.wantStats("roles changed, and no download ended", r.scrape(), 101, 99, 0)
	r.wantHeld("roles changed", sessions, swarm.Held)
	r.release(sessions...)
	r.wantStats("all released", r.scrape(), 0, 0, 0)
}

func releaseRemovesExactlyTheRecords(t *testing.T, open Open) {
	for _, n := range []int{8, 400} {
		r := newLeaseRoom(t, open)
		r.join(true, peer4(1))
		sessions := r.sessions(0, n)
		gone, rest := sessions[:n/4], sessions[n/4:]
		never := r.session(n / 2) // of a browser that is there, but wrote nothing itself
		for range 2 {
			r.release(append(slices.Clone(gone), never)...)
			r.wantStats("released", r.scrape(), uint32(n/2-n/8+1), uint32(n/2-n/8), 0)
			r.wantHeld("released", gone, swarm.Gone)
			r.wantHeld("the others", rest, swarm.Held)
		}
		_, peers := r.say(swarm.Announce{Peer: browser(n), NumWant: n})
		wantExactly(t, "released", peers, series(browser, n/4, n)...)
	}
}

func releaseOfAStrangerCreatesNothing(t *testing.T, open Open) {
	r := newRoomWith(t, open, Options{Lease: lease, MaxSwarms: 1})
	s := r.session(1)
	s.record.Version = 77
	r.release(s)
	r.wantHeld("nobody is there", []*session{s}, swarm.Gone)
	r.hash = hash(2)
	r.join(false, peer4(1)) // the one swarm that fits
	s = r.session(1)
	s.record.Version = 77
	r.release(s)
	r.wantHeld("no browser is there", []*session{s}, swarm.Gone)
	r.wantStats("no browser is there", r.scrape(), 0, 1, 0)
}

func recordsOfACallMayBeOfManySwarms(t *testing.T, open Open) {
	const swarms, n = 300, 1000
	r := newLeaseRoom(t, open)
	var sessions []*session
	hashes := make([]bittorrent.InfoHash, swarms)
	for i := range n {
		r.hash = hash(i * 7 % swarms) // neighbors are of different swarms
		hashes[i*7%swarms] = r.hash
		sessions = append(sessions, r.sessions(i, i+1)...)
	}
	sum := func() (sum int) {
		for _, stats := range r.scrapeAll(hashes...) {
			sum += int(stats.Seeders + stats.Leechers)
		}
		return sum
	}
	r.store.Advance(lease * 3 / 4)
	r.renew(sessions...)
	r.store.Advance(lease * 3 / 4)
	r.wantHeld("renewed", sessions, swarm.Held)
	if got := sum(); got != n {
		t.Errorf("renewed: got %d browsers, want %d", got, n)
	}
	r.release(sessions[100:]...)
	r.wantHeld("released", sessions[100:], swarm.Gone)
	r.wantHeld("the others", sessions[:100], swarm.Held)
	if got := sum(); got != 100 {
		t.Errorf("released: got %d browsers, want 100", got)
	}
}

func callsOfNoRecordsSucceed(t *testing.T, open Open) {
	r := newLeaseRoom(t, open)
	r.renew()
	r.release()
	r.wantHeld("none", nil)
}

func aRenewedBrowserIsCountedAndListedOnce(t *testing.T, open Open) {
	r := newLeaseRoom(t, open)
	r.join(false, peer4(1))
	for seeder := range 2 {
		one, other := r.session(1), r.session(1)
		one.tell(seeder == 1, bittorrent.None)
		other.tell(seeder == 1, bittorrent.None)
		r.renew(one, other, one)
		r.wantHeld("renewed in turns", []*session{other, one}, swarm.Taken, swarm.Held)
		if got := r.scrape(); got.Seeders+got.Leechers != 2 {
			t.Errorf("got %+v, want one TCP peer and one browser", got)
		}
		_, peers := r.say(swarm.Announce{Peer: browser(2), NumWant: 50})
		wantExactly(t, "renewed in turns", peers, browser(1))
		r.stop(browser(2))
	}
}
