// Package reliability_test takes Redis away from the real binary, or makes it slow, while clients announce
// over UDP and HTTP, and judges every single reply: answered, refused, late, missing or wrong. Starling runs
// with everything at its defaults but its addresses.
//
// -reliability.table prints what was counted, as the table of docs/reliability.md, and makes the load
// heavier and longer: one scenario at a time, since they would disturb each other's figures.
package reliability_test

import (
	"flag"
	"os"
	"testing"
	"time"

	_ "github.com/starling-tracker/starling/internal/app" // or go test would not see that Starling has changed
	"github.com/starling-tracker/starling/internal/testutil/starlingtest"
)

var printTable = flag.Bool("reliability.table", false, "print the table of docs/reliability.md, under a heavier load")

// program is the path of Starling.
var program string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(runAll(m)) //nolint:forbidigo // the exit code of m.Run, after what is deferred
}

func runAll(m *testing.M) int {
	dir, err := os.MkdirTemp("", "starling-reliability-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	if program, err = starlingtest.Build(dir); err != nil {
		panic(err)
	}
	if !*printTable {
		// They wait far more than they compute.
		if err := flag.Set("test.parallel", "4"); err != nil {
			panic(err)
		}
	} else if err := flag.Set("test.parallel", "1"); err != nil {
		panic(err)
	}
	code := m.Run()
	writeTable(os.Stdout)
	return code
}

// pairsPerSecond is how many swarms are started a second, half of them over UDP, with two announces each.
func pairsPerSecond() int {
	if *printTable {
		return 400
	}
	return 100
}

// while is how long Redis is away in a scenario, or slow.
func while() time.Duration {
	if *printTable {
		return 5 * time.Second
	}
	return 2 * time.Second
}

// calm is how long all is well before and after.
const calm = time.Second
