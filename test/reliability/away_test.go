package reliability_test

import (
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/testutil/redistest"
	"github.com/starling-tracker/starling/internal/testutil/tcpproxy"
)

func TestAFrozenRedis(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	play(t, redis.URL(), scenario{name: "frozen (SIGSTOP, SIGCONT)", mishap: func(r *run) time.Time {
		redis.Freeze()
		defer redis.Thaw()
		r.degraded()
		pause(while())
		redis.Thaw()
		return time.Now()
	}})
}

// TestARedisThatComesAndGoes would show memory or goroutines that each time costs a few more of.
func TestARedisThatComesAndGoes(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	play(t, redis.URL(), scenario{name: "frozen six times", mishap: func(*run) time.Time {
		defer redis.Thaw()
		for range 6 {
			pause(while() / 4)
			redis.Freeze()
			pause(while() / 4)
			redis.Thaw()
		}
		return time.Now()
	}})
}

func TestAKilledRedis(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	play(t, redis.URL(), scenario{name: "killed and started again, empty", mishap: func(r *run) time.Time {
		r.load.epoch.Add(1)
		redis.Kill()
		r.degraded()
		pause(while())
		redis.Restart()
		r.load.epoch.Add(1)
		return time.Now()
	}})
}

func TestARedisThatRefusesConnections(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	proxy := tcpproxy.Start(t, redis.Addr)
	play(t, "redis://"+proxy.Addr, scenario{name: "connections refused", mishap: func(r *run) time.Time {
		proxy.Refuse()
		r.degraded()
		pause(while())
		proxy.Accept()
		return time.Now()
	}})
}

func TestASlowRedis(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	proxy := tcpproxy.Start(t, redis.Addr)
	play(t, "redis://"+proxy.Addr, scenario{name: "300 ms there and back", mishap: func(r *run) time.Time {
		proxy.Delay(150 * time.Millisecond)
		pause(while())
		proxy.Delay(0)
		return time.Now()
	}})
}

func TestATooSlowRedis(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	proxy := tcpproxy.Start(t, redis.Addr)
	play(t, "redis://"+proxy.Addr, scenario{name: "600 ms there and back", mishap: func(r *run) time.Time {
		proxy.Delay(300 * time.Millisecond)
		r.degraded()
		pause(while())
		proxy.Delay(0)
		return time.Now()
	}})
}
