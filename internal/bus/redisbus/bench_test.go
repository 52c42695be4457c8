package redisbus_test

import (
	"context"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/starling-tracker/starling/internal/bus/bustest"
	"github.com/starling-tracker/starling/internal/bus/redisbus"
	"github.com/starling-tracker/starling/internal/replica"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
)

// cpu returns the CPU time that this process, and a server, have used.
func cpu(tb testing.TB, server *redistest.Server) (ours, theirs time.Duration) {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	for line := range strings.Lines(server.Text("INFO", "cpu")) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		if key == "used_cpu_user" || key == "used_cpu_sys" {
			s, _ := strconv.ParseFloat(value, 64)
			theirs += time.Duration(s * float64(time.Second))
		}
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), theirs
}

// report reports what b's offers cost, all that send and all that hear being this process.
func report(b *testing.B, server *redistest.Server, offers int, relay func()) {
	ours, theirs := cpu(b, server)
	b.ResetTimer()
	relay()
	b.StopTimer()
	oursAfter, theirsAfter := cpu(b, server)
	n := float64(offers)
	b.ReportMetric(n/b.Elapsed().Seconds(), "offers/s")
	b.ReportMetric(float64(oursAfter-ours)/1e3/n, "us-starling/offer")
	b.ReportMetric(float64(theirsAfter-theirs)/1e3/n, "us-redis/offer")
	b.ReportMetric(0, "ns/op")
}

// announceOffers is how many offers a browser sends at a time.
const announceOffers = 10

// BenchmarkRelay has one replica publish offers as large as those of browsers to 1,000 browsers of another.
func BenchmarkRelay(b *testing.B) {
	server := redistest.Start(b)
	prefix := newPrefix()
	opts := redisbus.Options{Partitions: replica.Partitions}
	from, at := open(b, server.URL(), prefix, opts), open(b, server.URL(), prefix, opts)
	const browsers, underway = 1000, 2000 // at most, so that nothing is dropped
	arrived := make(chan struct{}, underway)
	for n := range browsers {
		if _, err := at.Subscribe(b.Context(), bustest.ID(n), func(*swarm.Signal) bool {
			arrived <- struct{}{}
			return true
		}); err != nil {
			b.Fatal(err)
		}
	}
	signals := make([]swarm.Signal, browsers)
	for n := range signals {
		signals[n] = bustest.Offer(bustest.ID(n), n)
		signals[n].SDP = realSDP()
	}
	report(b, server, b.N*announceOffers, func() {
		sent, got := 0, 0
		for range b.N {
			at := sent % browsers
			from.Publish(signals[at : at+announceOffers]...)
			sent += announceOffers
			got += wait(b, arrived, sent-got-(underway-announceOffers))
		}
		wait(b, arrived, sent-got)
	})
}

// wait waits for n offers, if that is more than none, and returns how many it waited for.
func wait(b *testing.B, arrived <-chan struct{}, n int) int {
	b.Helper()
	lost := time.After(patience)
	for i := range n {
		select {
		case <-arrived:
		case <-lost:
			b.Fatalf("got %d of %d offers, the others are lost", i, n)
		}
	}
	return max(n, 0)
}

// BenchmarkRelayFloor does as little as go-redis allows: pipelines of as many SPUBLISH, of the same size, and
// one subscriber that reads and forgets.
func BenchmarkRelayFloor(b *testing.B) {
	server := redistest.Start(b)
	opts := &redis.Options{Addr: server.Addr, Protocol: 2}
	from, at := redis.NewClient(opts), redis.NewClient(opts)
	defer from.Close()
	defer at.Close()
	sub := at.SSubscribe(b.Context(), "{0}:offers")
	if _, err := sub.Receive(b.Context()); err != nil {
		b.Fatal(err)
	}
	var arrived atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			if _, err := sub.Receive(context.Background()); err != nil {
				return
			}
			arrived.Add(1)
		}
	}()
	const depth = 128
	text := append(make([]byte, 70), realSDP()...)
	batches := max(1, b.N*announceOffers/depth)
	report(b, server, batches*depth, func() {
		for range batches {
			pipe := from.Pipeline()
			for range depth {
				pipe.SPublish(b.Context(), "{0}:offers", text)
			}
			if _, err := pipe.Exec(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
		await(b, "the last offer", func() bool { return arrived.Load() == int64(batches*depth) })
	})
	_ = sub.Close()
	<-done
}

// rss returns the memory that a process has.
func rss(tb testing.TB, pid int) int {
	tb.Helper()
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
	if err != nil {
		tb.Skip(err)
	}
	pages, _ := strconv.Atoi(strings.Fields(string(text))[1])
	return pages * os.Getpagesize()
}

// BenchmarkSubscriptions makes 200,000 subscriptions, loses their connections, and has them all back. It is of
// use with -benchtime 1x.
func BenchmarkSubscriptions(b *testing.B) {
	const browsers = 200_000
	for range b.N {
		server := redistest.Start(b)
		at := open(b, server.URL(), newPrefix(), redisbus.Options{Partitions: replica.Partitions})
		subscribeMany(b, at, 1) // buffers and connections are there before
		subscribeMany(b, at, 1000)
		runtime.GC()
		heap := heapBytes()
		ours, theirs := rss(b, os.Getpid()), rss(b, server.PID())
		began := time.Now()
		gaps := subscribeMany(b, at, browsers)
		b.ReportMetric(time.Since(began).Seconds(), "s-to-subscribe")
		runtime.GC()
		b.ReportMetric(float64(heapBytes()-heap)/browsers, "B-heap/subscription")
		b.ReportMetric(float64(rss(b, os.Getpid())-ours)/browsers, "B-rss/subscription")
		b.ReportMetric(float64(rss(b, server.PID())-theirs)/browsers, "B-redis/subscription")
		began = time.Now()
		server.Do("CLIENT", "KILL", "TYPE", "pubsub")
		await(b, "a gap for each", func() bool { return gaps.Load() == browsers })
		b.ReportMetric(time.Since(began).Seconds(), "s-to-heal")
	}
	b.ReportMetric(0, "ns/op")
}

func heapBytes() int {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
