package replica_test

import (
	"strings"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/replica"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
)

func TestAFlushChangesNoSecret(t *testing.T) {
	eachKind(t, func(t *testing.T, k kind) {
		prefix, c := newPrefix(), newClock(noon)
		a := newReplica(connect(t, k.url, prefix), replica.Options{Now: c.now})
		b := newReplica(connect(t, k.url, prefix), replica.Options{Now: c.now})
		beat(t, a, b)
		now := noon.AddDate(0, 0, 1)
		c.set(now)
		beat(t, a, b)
		want, wantOther := a.Secrets(now)
		_, wantEarly := a.Secrets(now.Add(-time.Hour))
		k.flush()
		late := newReplica(connect(t, k.url, prefix), replica.Options{Now: c.now})
		beat(t, b, late, a)
		for name, r := range map[string]*replica.Replica{"one": a, "the other": b, "a new one": late} {
			got, other := r.Secrets(now)
			if _, early := r.Secrets(now.Add(-time.Hour)); got != want || other != wantOther || early != wantEarly {
				t.Errorf("%s: got %x, %x and %x, want %x, %x and %x as before the flush",
					name, got, other, early, want, wantOther, wantEarly)
			}
		}
	})
}

func TestReplicasAgreeAgainWhenANewOneIsFirstAfterAFlush(t *testing.T) {
	s := redistest.Start(t)
	prefix, c := newPrefix(), newClock(noon)
	a := newReplica(connect(t, s.URL(), prefix), replica.Options{Now: c.now})
	b := newReplica(connect(t, s.URL(), prefix), replica.Options{Now: c.now})
	beat(t, a, b)
	former := current(a, noon)
	s.Do("FLUSHALL")
	late := newReplica(connect(t, s.URL(), prefix), replica.Options{Now: c.now})
	beat(t, late, a, b, late)
	for _, r := range []*replica.Replica{a, b} {
		if got, want := current(r, noon), current(late, noon); got != want || got == former {
			t.Errorf("got secret %x, want the new one, %x", got, want)
		}
		if !accepts(r, former, noon.Add(idLife-time.Second)) {
			t.Error("got the former secret refused, want it accepted for the life of an ID")
		}
		if accepts(r, former, noon.Add(idLife)) {
			t.Error("got the former secret accepted, want it refused after the life of an ID")
		}
	}
}

func TestReplicasWithoutRedisForDaysStillAgree(t *testing.T) {
	s := redistest.Start(t)
	prefix, c := newPrefix(), newClock(noon)
	a := newReplica(connect(t, s.URL(), prefix), replica.Options{Now: c.now})
	b := newReplica(connect(t, s.URL(), prefix), replica.Options{Now: c.now})
	beat(t, a, b)
	later := noon.AddDate(0, 0, 5)
	used := current(a, later)
	if got := current(b, later); got != used || got == ([16]byte{}) {
		t.Errorf("got %x, want the same as at another replica, %x", got, used)
	}
	c.set(later)
	beat(t, a, b)
	if current(a, later) != current(b, later) || !accepts(a, used, later) || current(a, later) == used {
		t.Error("got replicas that do not agree on a new secret and accept the former, want them to")
	}
}

func TestWhatIsNoSecretIsReplaced(t *testing.T) {
	s := redistest.Start(t)
	for _, bad := range []string{"", "short", strings.Repeat("x", 17), strings.Repeat("\x00", 16), strings.Repeat("x", 1e6)} {
		for n := -1; n <= 1; n++ {
			prefix, c := newPrefix(), newClock(noon)
			s.Do("HSET", prefix+"secrets", noon.Unix()/86_400+int64(n), bad)
			r := newReplica(connect(t, s.URL(), prefix), replica.Options{Now: c.now})
			if err := r.Beat(t.Context()); err == nil {
				t.Errorf("%.20q on day %d: got no error, want one that tells", bad, n)
			}
			beat(t, r)
			for _, at := range []time.Time{noon.Add(-time.Second), noon, noon.AddDate(0, 0, 1)} {
				got, other := r.Secrets(at)
				if zero := ([16]byte{}); got == zero || other == zero || string(got[:]) == bad[:min(16, len(bad))] {
					t.Errorf("%.20q on day %d: at %v: got secrets %x and %x, want random ones", bad, n, at, got, other)
				}
			}
		}
	}
}
