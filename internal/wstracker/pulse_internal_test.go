package wstracker

import (
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// beating returns a pulse and so many sessions in it, whose writers are never started.
func beating(t *testing.T, n int) (*pulse, []*session) {
	t.Helper()
	p := newPulse(time.Second)
	m := newMetrics(prometheus.NewRegistry())
	all := make([]*session, n)
	for i := range all {
		c, _ := pair(t)
		c.clock = &p.clock
		s := &session{conn: c}
		s.out.init(1<<20, &m.outbox)
		s.out.writing = true
		p.add(s)
		all[i] = s
	}
	return p, all
}

func TestSessionsArePingedEveryThirtyToFortyFiveTicksEachInItsOwnTime(t *testing.T) {
	p, all := beating(t, 40)
	last := make([]uint32, len(all))
	periods := map[uint32]bool{}
	for range 500 {
		p.beat()
		for i, s := range all {
			if !s.out.ping {
				continue
			}
			s.out.ping = false
			s.conn.heard.Store(p.clock.Load())
			d := p.clock.Load() - last[i]
			if last[i] = p.clock.Load(); d != s.beat.period || d < minPeriod || d > maxPeriod {
				t.Fatalf("got a ping after %d ticks, want one after %d", d, s.beat.period)
			}
			periods[d] = true
		}
	}
	if len(periods) < 5 {
		t.Errorf("got the periods %v, want each session to have its own", periods)
	}
}

func TestSilenceAfterTwoPingsEndsASession(t *testing.T) {
	p, all := beating(t, 2)
	silentOne, other := all[0], all[1]
	for ticks := uint32(1); ending(silentOne.why.Load()) == open; ticks++ {
		p.beat()
		other.conn.heard.Store(p.clock.Load())
		if ticks > 3*silentOne.beat.period {
			t.Fatalf("got a session that goes on after %d ticks of silence", ticks)
		}
	}
	if got, want := p.clock.Load(), 3*silentOne.beat.period; got != want {
		t.Errorf("got the end at tick %d, want %d, a period after the second ping", got, want)
	}
	if ending(silentOne.why.Load()) != silent || ending(other.why.Load()) != open {
		t.Errorf("got the endings %s and %q, want the first alone to be silent", endingNames[silentOne.why.Load()], endingNames[other.why.Load()])
	}
}

func TestSessionsThatLeaveAPulseLeaveTheOthersIn(t *testing.T) {
	p, all := beating(t, 30)
	gone := []*session{all[0], all[7], all[29], all[15]}
	for _, s := range gone {
		p.remove(s)
		p.remove(s) // again does no harm
	}
	for range maxPeriod {
		p.beat()
	}
	for i, s := range all {
		if got, want := s.out.ping, !slices.Contains(gone, s); got != want {
			t.Errorf("session %d: got a ping %v, want %v", i, got, want)
		}
	}
}

func TestHowOftenSessionsArePingedLeavesAnnouncesTheirTime(t *testing.T) {
	for _, tick := range []time.Duration{time.Millisecond, time.Second, 20 * time.Second} {
		p := newPulse(tick)
		p.renew(t.Context())
		end, ok := (*p.epoch.Load()).Deadline()
		if left := time.Until(end.Add(-tick)); !ok || left < 4*time.Second || left > 5*time.Second { // when it is renewed
			t.Errorf("tick %v: got %v, %v for the last announce before the next tick, want 5s", tick, left, ok)
		}
	}
}
