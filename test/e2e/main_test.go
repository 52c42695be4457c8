// Package e2e_test proves that replicas over one Redis are one tracker. It runs the real binary, several
// at the same moment and with no other setting than where Redis is, over a single server and over a
// Cluster, and asks them as clients do that do not know how many there are: each packet goes to a
// replica chosen at random. A map decides what is right.
//
// Over UDP and HTTP the peers and counts of an announce's own family are exact in every reply. Two things
// may be late: counts of the other family in the reply to an announce, by redis.recount, and the number of
// downloads in the scrape of another replica than the one that saw the download end, by the moment that
// its note takes to Redis.
//
// Without redis-server the tests are skipped; with STARLING_REQUIRE_CLIENTS=1 they fail.
package e2e_test

import (
	"os"
	"sync"
	"testing"

	_ "github.com/starling-tracker/starling/internal/app" // or go test would not see that Starling has changed
	"github.com/starling-tracker/starling/internal/testutil/starlingtest"
)

// binary returns the path of Starling, which the first call builds.
var binary func() (string, error)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "starling-e2e-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	binary = sync.OnceValues(func() (string, error) { return starlingtest.Build(dir) })
	m.Run()
}
