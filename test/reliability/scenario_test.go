package reliability_test

import (
	"sync"
	"testing"
	"time"
)

// A scenario is what is done to Redis while clients announce.
type scenario struct {
	name string // in the table
	// mishap does it, and returns when Redis serves again, with that moment.
	mishap func(r *run) time.Time
	// serves says that most requests are answered meanwhile, too; otherwise some have to be refused.
	serves bool
	// slots is the part of a Cluster that the swarms are in, from the first on. Zero: they are anywhere.
	slots int
}

// A run is a scenario under way.
type run struct {
	*testing.T

	starling *starling
	load     *load
}

// Bounds of what may be left of a mishap.
const (
	moreGoroutines = 10
	moreRSS        = 48 // MiB
	// recoveryTime is how soon after Redis is back every request is answered again.
	recoveryTime = time.Second
	// slack is for a machine that is busy with other tests, where now and then a probe of Redis takes too long
	// and the next one has to say that all is well.
	slack = 2 * time.Second
)

// lossOf returns how many datagrams of so many the loopback device may lose: none, unless the machine is
// overloaded.
func lossOf(sent int) int { return sent / 2000 }

// play plays a scenario with a Starling at Redis' URL, and holds it to all that is promised.
func play(t *testing.T, redisURL string, sc scenario, flags ...string) {
	t.Helper()
	s := start(t, redisURL, flags...)
	s.awaitReady(200, "ready\n")
	warm := newLoad(s) // connections and buffers are made, which stay
	warm.run()
	pause(2 * calm)
	warm.halt()
	goroutines, rss := s.calmDown(), s.rss()

	r := &run{T: t, starling: s, load: newLoad(s)}
	r.load.slots = sc.slots
	watch := watchLivez(s)
	r.load.run()
	pause(calm)
	back := sc.mishap(r)
	pause(time.Until(back.Add(recoveryTime)))
	if took := s.awaitReady(200, "ready\n"); took > slack {
		t.Errorf("/readyz: got ready %v after redis was back, want it after %v", recoveryTime+took, recoveryTime)
	}
	pause(calm)
	r.load.halt()
	for _, dead := range watch() {
		t.Errorf("/livez: got %s, want 200", dead)
	}
	after := s.settle(goroutines)
	r.judge(sc, back, outcomes{goroutines, after, rss, s.rss()})
}

// outcomes are what was measured beside the load.
type outcomes struct {
	goroutinesBefore, goroutinesAfter int
	rssBefore, rssAfter               float64
}

func (r *run) judge(sc scenario, back time.Time, o outcomes) {
	r.Helper()
	l := r.load
	sent, recovery := l.sent(), l.recovery(back)
	addRow(row{sc.name, sent, l.counts[refused], l.late, l.counts[unanswered], l.counts[wrong], recovery, l.longest, o})
	r.Logf("%d sent, %v answered refused unanswered wrong, %d late, longest %v, recovery %v, %+v",
		sent, l.counts, l.late, l.longest, recovery, o)
	if l.counts[wrong] > 0 || l.counts[unanswered] > lossOf(sent) || l.tooLate() {
		r.Errorf("got %d wrong, %d unanswered and %d late replies of %d, the longest after %v; want none; %q",
			l.counts[wrong], l.counts[unanswered], l.late, sent, l.longest, l.complaints)
	}
	if recovery > recoveryTime {
		r.Errorf("got requests in vain until %v after redis was back, want all answered after %v", recovery, recoveryTime)
	}
	if !sc.serves && l.counts[refused] == 0 {
		r.Error("got no request refused, want some: nothing seems to have happened to Redis")
	}
	if sc.serves && l.counts[answered] < sent*9/10 {
		r.Errorf("got %d requests of %d answered, want most", l.counts[answered], sent)
	}
	if o.goroutinesAfter > o.goroutinesBefore+moreGoroutines {
		r.Errorf("got %d goroutines, want not many more than the %d before", o.goroutinesAfter, o.goroutinesBefore)
	}
	if o.rssAfter > o.rssBefore+moreRSS {
		r.Errorf("got %.0f MiB resident, want not much more than the %.0f before", o.rssAfter, o.rssBefore)
	}
}

// degraded waits until /readyz says that Redis is away, to which it has a second and what a probe takes.
func (r *run) degraded() {
	r.Helper()
	if took := r.starling.awaitReady(200, "ready\ndegraded: redis\n"); took > 2500*time.Millisecond {
		r.Errorf("got /readyz degraded after %v, want it soon", took)
	}
}

// calmDown waits until the number of goroutines no longer falls, and returns it.
func (s *starling) calmDown() int {
	s.tb.Helper()
	last, since := s.goroutines(), time.Now()
	s.await("its goroutines to end", func() error {
		if n := s.goroutines(); n < last {
			last, since = n, time.Now()
		}
		if time.Since(since) < 200*time.Millisecond {
			return errStillEnding
		}
		return nil
	})
	return last
}

// settle waits until there are at most so many goroutines, but not for long, and returns how many there are.
func (s *starling) settle(most int) (n int) {
	s.tb.Helper()
	for over := time.Now().Add(3 * time.Second); time.Now().Before(over); pause(20 * time.Millisecond) {
		if n = s.goroutines(); n <= most {
			break
		}
	}
	return n
}

// watchLivez asks /livez all the time, and returns how to end that and get what it said but 200.
func watchLivez(s *starling) func() []string {
	var dead []string
	stop, done := make(chan struct{}), sync.WaitGroup{}
	done.Go(func() {
		for tick := time.NewTicker(100 * time.Millisecond); ; {
			select {
			case <-stop:
				tick.Stop()
				return
			case <-tick.C:
			}
			if status, body, err := s.get("/livez"); status != 200 {
				dead = append(dead, body+errText(err))
			}
		}
	})
	return func() []string {
		close(stop)
		done.Wait()
		return dead
	}
}

// pause lets the load go on for a time.
func pause(d time.Duration) { <-time.After(d) }
