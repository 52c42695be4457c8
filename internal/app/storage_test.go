package app

import (
	"testing"
	"time"
)

func TestALeaseIsNoLongerThanStoresKeepRecords(t *testing.T) {
	cfg := defaults(t)
	if got := leaseOf(cfg); got != time.Minute {
		t.Errorf("got a lease of %v by default, want a minute", got)
	}
	cfg.Store.PeerLifetime = 30 * time.Second
	if got := leaseOf(cfg); got != 30*time.Second {
		t.Errorf("got a lease of %v where peers last 30s, want no more", got)
	}
}
