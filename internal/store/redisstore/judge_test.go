package redisstore_test

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/starling-tracker/starling/internal/redisconn"
	"github.com/starling-tracker/starling/internal/store/redisstore"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// What is judged in a reply:
//
//   - The counts are exact. Those of pools that the announcer is not in, and of downloads, may be as old as
//     Recount, and those of downloads a pipeline older.
//   - The list names nobody twice, nor the announcer, nor who is dead or of no use to it.
//   - It is as long as it can be, or is counted as short. It may be short only if a role of its pool has
//     fewer members than when this replica counted the pool last: a swarm that grew behind its back costs
//     nothing, and one that shrank costs one answer, or those of one pipeline. What is found then corrects
//     the hint.

// A replica is a store, and what may be in its hint table.
type replica struct {
	*redisstore.Store
	registry *prometheus.Registry
	most     [swarm.Families]swarm.Stats // of each role, since the pool was certainly counted last
	short    int                         // lists, of those that it has counted
}

func newReplica(t *testing.T, conn *redisconn.Conn, opts redisstore.Options) *replica {
	reg := prometheus.NewRegistry()
	return &replica{Store: openWith(t, conn, reg, opts), registry: reg}
}

// forget empties the hint table.
func (r *replica) forget() {
	r.ForgetHints()
	r.most = [swarm.Families]swarm.Stats{}
}

// counted notes that the replica may have counted the pools at this moment, and surely has those of sure.
func (r *replica) counted(pools [swarm.Families]swarm.Stats, sure ...swarm.Family) {
	for f, pool := range pools {
		if slices.Contains(sure, swarm.Family(f)) {
			r.most[f] = swarm.Stats{}
		}
		r.most[f].Seeders = max(r.most[f].Seeders, pool.Seeders)
		r.most[f].Leechers = max(r.most[f].Leechers, pool.Leechers)
	}
}

// wantShort fails the test unless the replica has counted n more lists as short, or twice as many: that of an
// announce may be short in both families.
func (r *replica) wantShort(t *testing.T, n int) {
	t.Helper()
	was := r.short
	r.short = shortLists(t, r.registry)
	if got := r.short - was; got < n || got > 2*n {
		t.Fatalf("got %d lists counted as short, want %d, or twice as many", got, n)
	}
}

// shortLists returns how many a store has counted.
func shortLists(t *testing.T, reg *prometheus.Registry) int {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "starling_redis_short_lists_total" {
			return int(f.GetMetric()[0].GetCounter().GetValue())
		}
	}
	t.Fatal("got no count of short lists")
	return 0
}

// A moment is what could be counted then.
type moment struct {
	at        time.Time
	pools     [swarm.Families]swarm.Stats
	completed uint32
}

// remember notes what can be counted now, and forgets what is too old to be told.
func (w *walk) remember() {
	present := moment{w.now, w.model.Pools(), w.model.Stats().Completed}
	w.past = slices.DeleteFunc(w.past, func(m moment) bool {
		return w.latest.Sub(m.at) >= w.recount+maxSetback || m == present
	})
	w.past = append(w.past, present)
	w.told = w.told[:0]
	for _, m := range w.past {
		if age := w.now.Sub(m.at); m == present || age >= 0 && age < w.recount {
			w.told = append(w.told, m)
		}
	}
}

// announce has one peer announce, and judges the reply.
func (w *walk) announce(r *replica, a swarm.Announce) {
	w.Helper()
	w.announceAll(r, []swarm.Call{{Announce: a}})
}

// announceAll has many peers of one family announce, and judges the replies.
func (w *walk) announceAll(r *replica, calls []swarm.Call) {
	w.Helper()
	if len(calls) == 0 {
		return
	}
	completedBefore := w.model.Stats().Completed
	r.AnnounceAll(w.Context(), calls)
	short := 0
	for i := range calls {
		short += w.judge(r, &calls[i], len(calls) == 1)
	}
	w.remember()
	if short > 0 {
		r.wantShort(w.T, short)
	}
	for i := range calls {
		if calls[i].Announce.NumWant > 0 {
			w.lists++
		}
	}
	w.short += short
	r.counted(w.model.Pools(), w.surely(calls[0].Announce.Peer.Family())...)
	if w.model.Stats().Completed != completedBefore {
		w.scrape(r) // behind what it still has to tell Redis
	}
}

// surely returns the pools that are counted for an announcer of the family own.
func (w *walk) surely(own swarm.Family) []swarm.Family {
	if w.recount == 0 {
		return []swarm.Family{swarm.IPv4, swarm.IPv6, swarm.WebRTC}
	}
	return []swarm.Family{own}
}

// scrape judges a scrape by r.
func (w *walk) scrape(r *replica) {
	w.Helper()
	got, err := r.Scrape(w.Context(), []bittorrent.InfoHash{hash(1)}, nil)
	if want := w.model.Stats(); err != nil || got[0] != want {
		w.Fatalf("scrape: got %+v, error %v, want %+v", got[0], err, want)
	}
	r.counted(w.model.Pools(), swarm.IPv4, swarm.IPv6, swarm.WebRTC)
}

// judge judges the reply to one call, which was made alone or with others, and returns 1 if its list is
// short.
func (w *walk) judge(r *replica, c *swarm.Call, alone bool) (short int) {
	w.Helper()
	a, own := c.Announce, c.Announce.Peer.Family()
	if c.Err != nil {
		w.Fatalf("%+v: %v", a, c.Err)
	}
	before := w.model.Pools()
	want := w.model.Announce(a, c.Reply.Version)
	r.counted(w.model.Pools())
	w.versions[a.Peer] = [2]swarm.Version{c.Reply.Version, w.versions[a.Peer][0]}
	if got := c.Reply.Stats; !w.tellable(own, got) || alone && w.recount == 0 && got != want {
		w.Fatalf("%+v: got %+v, want %+v", a, got, want)
	}
	w.model.WantMembers(w.T, a, slices.Collect(c.Peers.All()))
	eligible, shrank := 0, false
	for f := range swarm.Family(swarm.Families) {
		if n := w.model.Eligible(a, f); n > 0 {
			eligible += n
			shrank = shrank || before[f].Seeders < r.most[f].Seeders || before[f].Leechers < r.most[f].Leechers
		}
	}
	if full := min(eligible, a.NumWant); c.Peers.Len() < full {
		if !shrank {
			w.Fatalf("%+v: got a list of %d, want %d, of pools %+v, counted here %+v", a, c.Peers.Len(), full, before, r.most)
		}
		return 1
	}
	return 0
}

// tellable reports whether the counts got may be told to who is of the family own.
func (w *walk) tellable(own swarm.Family, got swarm.Stats) bool {
	byCompleted := func(a, b moment) int { return cmp.Compare(a.completed, b.completed) }
	if low := slices.MinFunc(w.told, byCompleted).completed; got.Completed < low || got.Completed > w.model.Stats().Completed {
		return false
	}
	now := w.model.Pools()[own]
	rest := swarm.Stats{Seeders: got.Seeders - now.Seeders, Leechers: got.Leechers - now.Leechers}
	one, other := (own+1)%swarm.Families, (own+2)%swarm.Families
	wanted := map[swarm.Stats]bool{} // of the other family, by the counts of the one
	for _, m := range w.told {
		p := m.pools[one]
		wanted[swarm.Stats{Seeders: rest.Seeders - p.Seeders, Leechers: rest.Leechers - p.Leechers}] = true
	}
	return slices.ContainsFunc(w.told, func(m moment) bool { return wanted[m.pools[other]] })
}

// wantFewShort fails the test when more lists were short than may be, or others were counted.
func (w *walk) wantFewShort() {
	w.Helper()
	for _, r := range w.replicas {
		r.wantShort(w.T, 0)
	}
	w.Logf("%d of %d lists were short", w.short, w.lists)
	if got := float64(w.short) / float64(w.lists); got > shortShare {
		w.Errorf("got %.2g of the lists short, want %v at most", got, shortShare)
	}
}
