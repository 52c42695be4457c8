package memstore_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/starling-tracker/starling/internal/store/memstore"
	"github.com/starling-tracker/starling/internal/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// opener opens stores whose dead are removed by tidy after each step in time.
func opener(tidy func(*memstore.Store)) storetest.Open {
	return func(_ testing.TB, opts storetest.Options) storetest.Opened {
		var since atomic.Int64
		start := time.Unix(1_700_000_000, 0)
		store := memstore.New(prometheus.NewRegistry(), memstore.Options{
			PeerLifetime:     opts.PeerLifetime,
			Lease:            opts.Lease,
			MaxSwarms:        opts.MaxSwarms,
			MaxPeersPerSwarm: opts.MaxPeersPerSwarm,
			Now:              func() time.Time { return start.Add(time.Duration(since.Load())) },
		})
		return storetest.Opened{Store: store, Leases: store, Advance: func(d time.Duration) {
			since.Add(int64(d))
			tidy(store)
		}}
	}
}

func TestKeepsTheContract(t *testing.T) {
	storetest.Run(t, opener((*memstore.Store).Sweep))
}

func TestKeepsTheContractBeforeTheSweepCameBy(t *testing.T) {
	storetest.Run(t, opener((*memstore.Store).ReadClock))
}
