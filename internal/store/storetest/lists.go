package storetest

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

var listTests = map[string]func(*testing.T, Open){
	"AppendsToTheListItIsGiven":               appendsToTheListItIsGiven,
	"NeverReturnsTheAnnouncer":                neverReturnsTheAnnouncer,
	"ReturnsAtMostNumWantAndAllWhenFewer":     returnsAtMostNumWant,
	"SeedersGetLeechersOnly":                  seedersGetLeechersOnly,
	"BrowsersThatSeedGetLeechersFirst":        browsersThatSeedGetLeechersFirst,
	"PausedIsALeecherThatGetsWhatASeederGets": pausedGetsWhatASeederGets,
	"LeechersGetAThirdLeechers":               leechersGetAThirdLeechers,
	"LeechersGetAMixLikeTheSwarm":             leechersGetAMixLikeTheSwarm,
	"EveryMemberIsAboutEquallyLikely":         everyMemberIsAboutEquallyLikely,
}

// wantExactly fails the test unless got holds the peers want, each once, in any order.
func wantExactly(t *testing.T, what string, got []swarm.Peer, want ...swarm.Peer) {
	t.Helper()
	byText := func(a, b swarm.Peer) int { return strings.Compare(a.String(), b.String()) }
	got, want = slices.Clone(got), slices.Clone(want)
	slices.SortFunc(got, byText)
	slices.SortFunc(want, byText)
	if !slices.Equal(got, want) {
		t.Errorf("%s: got the list %v, want %v", what, got, want)
	}
}

// wantDistinct fails the test when got names a peer twice, or self.
func wantDistinct(t *testing.T, got []swarm.Peer, self swarm.Peer) {
	t.Helper()
	seen := map[swarm.Peer]bool{self: true}
	for _, p := range got {
		if seen[p] {
			t.Fatalf("list for %v: got %v twice, or at all", self, p)
		}
		seen[p] = true
	}
}

func appendsToTheListItIsGiven(t *testing.T, open Open) {
	r := newRoom(t, open)
	r.join(false, peer4(1))
	var peers swarm.Peers
	peers.Append(peer4(7))
	peers.Append(peer6(8))
	stats := []swarm.Stats{{Seeders: 7}}
	_, err := r.store.Announce(t.Context(), swarm.Announce{InfoHash: r.hash, Peer: peer4(2), NumWant: 9}, &peers)
	if err != nil {
		t.Fatal(err)
	}
	want := []swarm.Peer{peer4(7), peer4(1), peer6(8)}
	if got := slices.Collect(peers.All()); !slices.Equal(got, want) {
		t.Errorf("got the list %v, want %v", got, want)
	}
	stats, err = r.store.Scrape(t.Context(), []bittorrent.InfoHash{r.hash}, stats)
	if want := []swarm.Stats{{Seeders: 7}, {Leechers: 2}}; err != nil || !slices.Equal(stats, want) {
		t.Errorf("got the counts %v, error %v, want %v", stats, err, want)
	}
}

func neverReturnsTheAnnouncer(t *testing.T, open Open) {
	for _, n := range []int{1, 2, 5, 33, 60, 400} {
		ofEachPool(t, open, func(r room, peer func(int) swarm.Peer) {
			r.join(false, series(peer, 0, n)...)
			r.join(true, series(peer, n, n+n/2)...)
			for i := range n + n/2 {
				for _, numWant := range []int{1, 30, 50, 200} {
					_, peers := r.say(swarm.Announce{Peer: peer(i), Seeder: i >= n, NumWant: numWant})
					wantDistinct(t, peers, peer(i))
				}
			}
		})
	}
}

func returnsAtMostNumWant(t *testing.T, open Open) {
	for _, n := range []int{2, 20, 49, 50, 51, 52, 100, 600} {
		ofEachPool(t, open, func(r room, peer func(int) swarm.Peer) {
			r.join(false, series(peer, 0, n/2)...)
			r.join(true, series(peer, n/2, n)...)
			for _, numWant := range []int{0, 1, 2, 7, 50, 200} {
				_, peers := r.say(swarm.Announce{Peer: peer(0), NumWant: numWant})
				if got, want := len(peers), min(numWant, n-1); got != want {
					t.Errorf("swarm of %d, numwant %d: got %d peers, want %d", n, numWant, got, want)
				}
			}
		})
	}
}

func seedersGetLeechersOnly(t *testing.T, open Open) {
	for _, peer := range []func(int) swarm.Peer{peer4, peer6} {
		r := newRoom(t, open)
		r.join(true, series(peer, 0, 100)...)
		_, peers := r.say(swarm.Announce{Peer: peer(0), Seeder: true, NumWant: 50})
		wantExactly(t, "no leecher there", peers)
		r.join(false, series(peer, 100, 103)...)
		_, peers = r.say(swarm.Announce{Peer: peer(0), Seeder: true, NumWant: 50})
		wantExactly(t, "three leechers there", peers, series(peer, 100, 103)...)
		_, peers = r.say(swarm.Announce{Peer: peer(101), Seeder: true, NumWant: 50})
		wantExactly(t, "one of them is done", peers, peer(100), peer(102))
	}
}

func browsersThatSeedGetLeechersFirst(t *testing.T, open Open) {
	for _, seeds := range []int{1, 2, 30, 300} {
		for _, leeches := range []int{0, 1, 5, 6, 7, 200} {
			r := newRoom(t, open)
			r.join(true, series(browser, 0, seeds)...)
			r.join(false, series(browser, seeds, seeds+leeches)...)
			isSeed := among(series(browser, 0, seeds))
			for range 5 {
				_, peers := r.say(swarm.Announce{Peer: browser(0), Seeder: true, NumWant: 6})
				wantDistinct(t, peers, browser(0))
				wantAll, wantLeechers := min(6, seeds-1+leeches), min(6, leeches)
				if got := countLeechers(peers, isSeed); len(peers) != wantAll || got != wantLeechers {
					t.Fatalf("%d seeders, %d leechers: got %d peers, %d of them leechers, want %d, %d",
						seeds, leeches, len(peers), got, wantAll, wantLeechers)
				}
			}
		}
	}
}

func pausedGetsWhatASeederGets(t *testing.T, open Open) {
	r := newRoom(t, open)
	r.join(true, series(peer4, 0, 5)...)
	r.join(false, peer4(5))
	got, peers := r.say(swarm.Announce{Peer: peer4(6), Event: bittorrent.Paused, NumWant: 50})
	r.wantStats("paused", got, 5, 2, 0)
	wantExactly(t, "paused", peers, peer4(5))
	_, peers = r.say(swarm.Announce{Peer: peer4(0), Seeder: true, NumWant: 50})
	wantExactly(t, "a seeder", peers, peer4(5), peer4(6))
}

// countLeechers counts those of peers that seeds does not hold.
func countLeechers(peers []swarm.Peer, seeds func(swarm.Peer) bool) (n int) {
	for _, p := range peers {
		if !seeds(p) {
			n++
		}
	}
	return n
}

// among returns a set's membership test.
func among(peers []swarm.Peer) func(swarm.Peer) bool {
	set := map[swarm.Peer]bool{}
	for _, p := range peers {
		set[p] = true
	}
	return func(p swarm.Peer) bool { return set[p] }
}

func leechersGetAThirdLeechers(t *testing.T, open Open) {
	r := newRoom(t, open)
	seeds := series(peer4, 0, 900)
	r.join(true, seeds...)
	r.join(false, series(peer4, 900, 905)...)
	for range 20 {
		_, peers := r.say(swarm.Announce{Peer: peer4(900), NumWant: 48})
		if got := countLeechers(peers, among(seeds)); len(peers) != 48 || got != 4 {
			t.Fatalf("4 others among 900 seeds: got %d leechers of %d, want all 4 of 48", got, len(peers))
		}
	}
	r.join(false, series(peer4, 905, 960)...)
	for range 20 {
		_, peers := r.say(swarm.Announce{Peer: peer4(900), NumWant: 48})
		if got := countLeechers(peers, among(seeds)); len(peers) != 48 || got < 16 {
			t.Fatalf("59 others among 900 seeds: got %d leechers of %d, want at least 16 of 48", got, len(peers))
		}
	}
}

func leechersGetAMixLikeTheSwarm(t *testing.T, open Open) {
	r := newRoom(t, open)
	seeds := series(peer4, 0, 300)
	r.join(true, seeds...)
	r.join(false, series(peer4, 300, 1000)...)
	leechers, all := 0, 0
	for range 400 {
		_, peers := r.say(swarm.Announce{Peer: peer4(300), NumWant: 50})
		leechers += countLeechers(peers, among(seeds))
		all += len(peers)
	}
	if got := float64(leechers) / float64(all); math.Abs(got-0.7) > 0.03 {
		t.Errorf("7 of 10 members are leechers: got %.3f of the lists", got)
	}
}

func everyMemberIsAboutEquallyLikely(t *testing.T, open Open) {
	tests := map[string]struct {
		seeders, leechers int
		asks              swarm.Announce
	}{
		"a leecher, all leechers": {0, 90, swarm.Announce{Peer: peer4(0), NumWant: 30}},
		"a leecher, half seeders": {200, 200, swarm.Announce{Peer: peer4(399), NumWant: 30}},
		"a leecher of thousands":  {2500, 2500, swarm.Announce{Peer: peer4(4999), NumWant: 200}},
		"a seeder":                {10, 300, swarm.Announce{Peer: peer4(0), NumWant: 30, Seeder: true}},
		"a seeder of thousands":   {2000, 3000, swarm.Announce{Peer: peer4(0), NumWant: 200, Seeder: true}},
		"a stranger":              {75, 75, swarm.Announce{Peer: peer4(5000), NumWant: 30}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t, open)
			r.join(true, series(peer4, 0, tt.seeders)...)
			r.join(false, series(peer4, tt.seeders, tt.seeders+tt.leechers)...)
			others := tt.seeders + tt.leechers - 1
			if tt.asks.Seeder {
				others = tt.leechers
			} else if tt.asks.Peer == peer4(5000) {
				others++
			}
			told := map[swarm.Peer]int{}
			listed := 0
			for listed < 450*others { // for whom 0.7 and 1.4 of that are six deviations off
				calls := make([]swarm.Call, 100)
				for i := range calls {
					calls[i].Announce = tt.asks
				}
				r.announceAll(calls)
				for i := range calls {
					peers := slices.Collect(calls[i].Peers.All())
					wantDistinct(t, peers, tt.asks.Peer)
					for _, p := range peers {
						told[p]++
					}
					listed += len(peers)
				}
			}
			mean := float64(listed) / float64(len(told))
			if len(told) != others {
				t.Errorf("got %d distinct peers, want %d", len(told), others)
			}
			for p, n := range told {
				if ratio := float64(n) / mean; ratio < 0.7 || ratio > 1.4 {
					t.Errorf("%v was told %d times, the mean is %.0f", p, n, mean)
				}
			}
		})
	}
}
