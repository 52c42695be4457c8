package e2e_test

import (
	"regexp"
	"strconv"
	"sync"
	"testing"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
	"github.com/starling-tracker/starling/pkg/client"
)

// TestMastersOfAClusterShareKeysAndCommands announces to 10,000 swarms. Of three masters each should have
// a third; random hashes, and what replicas keep beside the swarms, are worth some percent.
func TestMastersOfAClusterShareKeysAndCommands(t *testing.T) {
	const swarms, least, most = 10_000, 25, 42 // percent
	c := redistest.StartCluster(t, 3, false)
	f := launch(t, 2, c.URL())
	var before []int
	for _, m := range c.Masters {
		before = append(before, commands(t, m))
	}
	var wg sync.WaitGroup
	for range walkers {
		h := newHost(t, f, newRand(t), "127.0.0.1")
		wg.Go(func() {
			for range swarms / walkers {
				a := client.Announcement{InfoHash: randomHash(h.rng), Port: 1, Left: 1}
				if _, err := h.announce(swarm.UDP, a); err != nil {
					t.Errorf("%v: %v", a.InfoHash, err)
					return
				}
			}
		})
	}
	wg.Wait()
	var keys, answered []int
	for i, m := range c.Masters {
		answered = append(answered, commands(t, m)-before[i])
		keys = append(keys, m.Int("DBSIZE"))
	}
	for what, counts := range map[string][]int{"keys": keys, "commands": answered} {
		all := counts[0] + counts[1] + counts[2]
		if all < swarms {
			t.Errorf("%s: got %v, want one a swarm at the least", what, counts)
		}
		for i, n := range counts {
			if percent := 100 * n / max(all, 1); percent < least || percent > most {
				t.Errorf("%s: got %d of %v at master %d, %d %%, want %d to %d %%", what, n, counts, i, percent, least, most)
			}
		}
		t.Logf("%s of the masters: %v", what, counts)
	}
}

// commands returns how many commands a server has answered.
func commands(t *testing.T, s *redistest.Server) int {
	t.Helper()
	found := regexp.MustCompile(`total_commands_processed:(\d+)`).FindStringSubmatch(s.Text("INFO", "stats"))
	if found == nil {
		t.Fatal("got no total_commands_processed")
	}
	n, err := strconv.Atoi(found[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}
