package replica_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/replica"
	"github.com/starling-tracker/starling/internal/testutil"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
	"github.com/starling-tracker/starling/internal/udptracker"
)

var _ udptracker.Secrets = (*replica.Replica)(nil)

// Connection IDs are accepted for idLife, and clocks of replicas differ by ahead.
const (
	idLife = 10 * time.Minute
	ahead  = 5 * time.Second
)

var noon = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

// current returns the secret that a replica makes IDs with.
func current(r *replica.Replica, at time.Time) [16]byte {
	s, _ := r.Secrets(at)
	return s
}

// accepts reports whether a replica accepts IDs of a secret.
func accepts(r *replica.Replica, secret [16]byte, at time.Time) bool {
	s, other := r.Secrets(at)
	return secret == s || secret == other
}

// daysIn returns the days that Redis has a secret of, as a text of their differences from the day of at.
func daysIn(s *redistest.Server, prefix string, at time.Time) string {
	var days []string
	today := int(at.Unix() / 86_400)
	for n := -5; n <= 5; n++ {
		if s.Int("HEXISTS", prefix+"secrets", today+n) == 1 {
			days = append(days, strconv.Itoa(n))
		}
	}
	return strings.Join(days, " ")
}

func TestMidnightRefusesNoID(t *testing.T) {
	eachKind(t, func(t *testing.T, k kind) {
		prefix := newPrefix()
		slow, fast := newClock(noon), newClock(noon.Add(ahead))
		a := newReplica(connect(t, k.url, prefix), replica.Options{Now: slow.now})
		b := newReplica(connect(t, k.url, prefix), replica.Options{Now: fast.now})
		beat(t, a, b)
		byDay := map[[16]byte]int64{}
		// A heartbeat an hour only, so that midnight comes upon secrets that are not fresh.
		for at := noon; at.Before(noon.AddDate(0, 0, 3)); at = at.Add(10 * time.Second) {
			if at.Minute() == 30 && at.Second() == 0 {
				slow.set(at)
				fast.set(at.Add(ahead))
				beat(t, a, b)
			}
			for _, age := range []time.Duration{-ahead, 0, ahead, time.Minute, idLife, idLife + ahead} {
				for _, pair := range [][2]*replica.Replica{{a, b}, {b, a}, {a, a}} {
					if !accepts(pair[1], current(pair[0], at), at.Add(age)) {
						t.Fatalf("an ID made at %v and shown %v later: got it refused, want it accepted", at, age)
					}
				}
			}
			day := at.Unix() / 86_400
			if other, ok := byDay[current(a, at)]; ok && other != day {
				t.Fatalf("at %v: got the secret of day %d, want one of day %d", at, other, day)
			}
			byDay[current(a, at)] = day
		}
		if len(byDay) != 4 {
			t.Errorf("got %d secrets on 4 days, want one a day", len(byDay))
		}
	})
}

func TestASecretIsForgottenAfterItsDay(t *testing.T) {
	s := redistest.Start(t)
	prefix, c := newPrefix(), newClock(noon)
	r := newReplica(connect(t, s.URL(), prefix), replica.Options{Now: c.now})
	beat(t, r)
	if got, want := daysIn(s, prefix, noon), "0 1"; got != want {
		t.Errorf("first day: got secrets of the days %q, want %q", got, want)
	}
	first := current(r, noon)
	for n := 1; n < 4; n++ {
		at := noon.AddDate(0, 0, n)
		c.set(at)
		beat(t, r)
		if got, want := daysIn(s, prefix, at), "-1 0 1"; got != want {
			t.Errorf("day %d: got secrets of the days %q, want %q", n, got, want)
		}
		for hour := range 24 {
			if later := at.Add(time.Duration(hour) * time.Hour); accepts(r, first, later) {
				t.Errorf("at %v: got the secret of %v accepted, want it forgotten", later, noon)
			}
		}
	}
	s.Do("HSET", prefix+"secrets", noon.Unix()/86_400-9, "0123456789abcdef", "note", "not ours")
	c.set(noon.AddDate(0, 0, 9))
	beat(t, r)
	if got, want := s.Int("HLEN", prefix+"secrets"), 3; got != want { // two days and the note
		t.Errorf("after a week away: got %d fields, want %d", got, want)
	}
}

func TestBeforeTheFirstContactASecretIsItsOwn(t *testing.T) {
	s := redistest.Start(t)
	prefix, now := newPrefix(), time.Now()
	a := newReplica(connect(t, s.URL(), prefix), replica.Options{})
	b := newReplica(connect(t, s.URL(), prefix), replica.Options{})
	own, other := a.Secrets(now)
	if own == ([16]byte{}) || other == ([16]byte{}) || accepts(b, own, now) {
		t.Errorf("got secrets %x and %x, want random ones that others do not know", own, other)
	}
	beat(t, b, a)
	if accepts(a, own, now) {
		t.Error("got the own secret accepted after the first contact, want only those of all")
	}
}

func TestSecretsAllocateNothing(t *testing.T) {
	s := redistest.Start(t)
	r := newReplica(connect(t, s.URL(), newPrefix()), replica.Options{})
	now := time.Now()
	testutil.NoAllocs(t, "secrets before the first contact", func() { r.Secrets(now) })
	beat(t, r)
	testutil.NoAllocs(t, "secrets", func() { r.Secrets(now) })
}

func BenchmarkSecrets(b *testing.B) {
	s := redistest.Start(b)
	r := newReplica(connect(b, s.URL(), newPrefix()), replica.Options{})
	beat(b, r)
	now := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		r.Secrets(now)
	}
}
