package replica_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"

	"github.com/starling-tracker/starling/internal/redisconn"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
)

func TestAnOldRedisEndsRun(t *testing.T) {
	r := run(t, redistest.Fake{Version: redistest.Old}.Start(t), newPrefix())
	if err := r.failure(t); !errors.Is(err, redisconn.ErrVersion) || r.hasJoined() {
		t.Errorf("got error %v, want one of the version", err)
	}
}

func TestAnOldRedisThatReplacesANewOneEndsRun(t *testing.T) {
	var probes, versions atomic.Int64
	f := redistest.Fake{
		Version: func() string {
			if versions.Add(1) == 1 {
				return "7.0.0"
			}
			return redistest.Old()
		},
		Exists: func() string {
			if probes.Add(1) == 3 {
				return "-LOADING"
			}
			return ":0"
		},
	}
	if err := run(t, f.Start(t), newPrefix()).failure(t); !errors.Is(err, redisconn.ErrVersion) {
		t.Errorf("got error %v, want one of the version", err)
	}
	if got := probes.Load(); got != 3 {
		t.Errorf("got the end after %d probes, want it with the one that was refused", got)
	}
}

func TestALongGapIsToldOfOnce(t *testing.T) {
	var probes atomic.Int64
	f := redistest.Fake{Exists: func() string {
		if probes.Add(1) <= 5 {
			return "-LOADING"
		}
		return ":0"
	}}
	r := run(t, f.Start(t), newPrefix())
	r.log.await(t, "redis is back")
	for text, want := range map[string]int{"redis is away": 1, "LOADING": 1, "redis is back": 1} {
		if got := r.log.count(text); got != want {
			t.Errorf("got %d lines %q of five probes that failed, want %d", got, text, want)
		}
	}
}

func TestAClockThatIsFarOffIsWarnedOf(t *testing.T) {
	for _, ahead := range []time.Duration{-time.Hour, time.Hour} {
		r := run(t, redistest.Fake{Ahead: ahead}.Start(t), newPrefix())
		r.log.await(t, "could not be kept")
		r.end(t)
		if got := r.log.count("clock differs"); got != 1 {
			t.Errorf("%v ahead: got %d warnings of the clock, want one", ahead, got)
		}
		if got := gauge(t, r, "starling_redis_clock_skew_seconds"); got < ahead.Seconds()-2 || got > ahead.Seconds()+2 {
			t.Errorf("got a skew of %v s, want %v s", got, ahead.Seconds())
		}
	}
}

func TestHeartbeatsThatFailAreToldOfOnceAndNobodyJoins(t *testing.T) {
	var probes atomic.Int64
	f := redistest.Fake{Exists: func() string {
		probes.Add(1)
		return ":0"
	}}
	r := run(t, f.Start(t), newPrefix())
	r.log.await(t, "could not be kept")
	for tick := time.Tick(10 * time.Millisecond); probes.Load() < 5; {
		<-tick
	}
	r.end(t)
	if got := r.log.count("could not be kept"); got != 1 {
		t.Errorf("got %d lines of heartbeats that failed, want one", got)
	}
	if r.hasJoined() {
		t.Error("got it joined, want it to wait until a heartbeat succeeds")
	}
}

// gauge returns the value of a gauge without labels.
func gauge(t *testing.T, r *running, name string) float64 {
	t.Helper()
	families, err := r.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var metric *dto.Metric
	for _, f := range families {
		if f.GetName() == name {
			metric = f.GetMetric()[0]
		}
	}
	if metric == nil {
		t.Fatalf("there is no %s", name)
	}
	return metric.GetGauge().GetValue()
}
