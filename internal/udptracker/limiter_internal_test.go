package udptracker

import (
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/testutil"
)

// allowed returns how many of so many tries at once are allowed.
func (l *limiter) allowed(source netip.Addr, now time.Time, tries int) (n int) {
	for range tries {
		if l.allow(source, now) {
			n++
		}
	}
	return n
}

func TestASourceHasItsErrorsEachSecond(t *testing.T) {
	for _, source := range []netip.Addr{ip4, ip6} {
		l := newLimiter()
		for second := range 3 {
			at := noon.Add(time.Duration(second) * time.Second)
			if got := l.allowed(source, at, 4); got != 4 {
				t.Errorf("%v, second %d: got %d of 4 allowed, want all", source, second, got)
			}
			if got, want := l.allowed(source, at.Add(999*time.Millisecond), 100), errorsPerSecond-4; got != want {
				t.Errorf("%v, end of second %d: got %d allowed, want the %d that are left", source, second, got, want)
			}
		}
	}
}

func TestAClockThatGoesBackLocksNobodyOut(t *testing.T) {
	l := newLimiter()
	for _, at := range []time.Time{noon, noon.Add(-time.Hour), noon.Add(time.Hour), midnight} {
		if got := l.allowed(ip4, at, 100); got != errorsPerSecond {
			t.Errorf("at %v: got %d allowed, want %d", at, got, errorsPerSecond)
		}
	}
}

func TestSourcesAreIPv4AddressesAndNetworksOf64Bits(t *testing.T) {
	for _, tt := range []struct {
		flood, others string // others: a pattern of 100 addresses
		share         bool
	}{
		{"192.0.2.255", "192.0.2.%d", false},
		{"2001:db8::1", "2001:db8:0:%d::1", false}, // 0 is its own
		{"2001:db8::1", "2001:db8::ffff:%d", true},
		{"2001:db8::1", "2001:db8::%d:0:0:1", true},
	} {
		l := newLimiter()
		l.allowed(netip.MustParseAddr(tt.flood), noon, errorsPerSecond)
		refused := 0
		for i := range 100 {
			if !l.allow(netip.MustParseAddr(fmt.Sprintf(tt.others, i)), noon) {
				refused++
			}
		}
		// By chance one in 4096 shares a bucket with the flood, so a few may.
		if tt.share && refused != 100 || !tt.share && refused > 6 {
			t.Errorf("%s after a flood from %s: got %d of 100 refused, want them to share: %v",
				tt.others, tt.flood, refused, tt.share)
		}
	}
}

func TestManyLoopsShareOneLimit(t *testing.T) {
	l := newLimiter()
	for second := range 2000 {
		var allowed atomic.Int64
		var loops sync.WaitGroup
		gate := make(chan struct{})
		for range 4 {
			loops.Go(func() {
				<-gate
				allowed.Add(int64(l.allowed(ip4, noon.Add(time.Duration(second)*time.Second), errorsPerSecond)))
			})
		}
		close(gate)
		loops.Wait()
		if got := allowed.Load(); got != errorsPerSecond {
			t.Fatalf("second %d: got %d allowed, want %d", second, got, errorsPerSecond)
		}
	}
}

func TestTheLimiterAllocatesNothing(t *testing.T) {
	l, now := newLimiter(), noon
	testutil.NoAllocs(t, "allow", func() {
		now = now.Add(time.Second / 20)
		l.allow(ip6, now)
	})
}
