package redisbus_test

import (
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/starling-tracker/starling/internal/bus/bustest"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
)

// subscribeMany subscribes so many browsers, many at the same time, and returns what counts their gaps.
func subscribeMany(tb testing.TB, at *bus, browsers int) (gaps *atomic.Int64) {
	tb.Helper()
	gaps = new(atomic.Int64)
	deliver := func(s *swarm.Signal) bool {
		if s.Kind == swarm.Gap {
			gaps.Add(1)
		}
		return true
	}
	const workers = 256
	var subscribing sync.WaitGroup
	for w := range workers {
		subscribing.Go(func() {
			for n := w; n < browsers; n += workers {
				if _, err := at.Subscribe(tb.Context(), bustest.ID(n), deliver); err != nil {
					tb.Error(err)
				}
			}
		})
	}
	subscribing.Wait()
	return gaps
}

// commandCalls returns how often a server was given a command.
func commandCalls(server *redistest.Server, command string) int {
	m := regexp.MustCompile(`cmdstat_` + command + `:calls=(\d+)`).FindStringSubmatch(server.Text("INFO", "commandstats"))
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	return n
}
