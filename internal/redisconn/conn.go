// Package redisconn opens Redis, a single server, one that Sentinels watch over, or a Cluster, and
// makes the name of every key and channel in it. What they hold it does not know.
//
// Waiting is bounded everywhere: nothing is retried here, no connection is waited for longer than
// half a second, and the context of a call ends it. Whoever asks decides what to do without Redis.
package redisconn

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Options say where Redis is.
type Options struct {
	URL    string // see the setting redis.url
	Prefix string // of all keys and channels
	Files  Files  // for TLS
	// Timeout is how long an answer may take, if that is longer than half a second.
	Timeout time.Duration
}

// A Conn is a client of Redis and the names in it.
type Conn struct {
	redis.UniversalClient
	Keys
	clock atomic.Pointer[reading] // nil before the first
}

// Timeouts of a connection. A server that is well answers in a millisecond.
const (
	dialTimeout = 300 * time.Millisecond
	ioTimeout   = 500 * time.Millisecond
)

// Buffers of a connection hold most of a pipeline, so that it is written and read with few system calls.
const (
	readBuffer  = 128 << 10
	writeBuffer = 64 << 10
)

// Open returns a client. It does not connect: Redis may come later.
func Open(opts Options) (*Conn, error) {
	keys, err := NewKeys(opts.Prefix)
	if err != nil {
		return nil, err
	}
	o, err := parseURL(opts.URL)
	if err != nil {
		return nil, err
	}
	if err := CheckFiles(opts.URL, opts.Files); err != nil {
		return nil, err
	}
	o.Protocol = 2 // all that is asked for; the third makes maps of what are lists
	o.ClientName = "starling"
	o.MaxRetries = -1
	o.DialerRetries = 1
	timeout := max(ioTimeout, opts.Timeout)
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = dialTimeout, timeout, timeout, timeout
	o.ContextTimeoutEnabled = true
	o.ReadBufferSize, o.WriteBufferSize = readBuffer, writeBuffer
	o.DisableIdentity = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	o.Dialer = plain().untold
	if o.TLSConfig != nil {
		o.Dialer = encrypted(opts.Files).untold
	}
	c := &Conn{UniversalClient: redis.NewUniversalClient(o), Keys: keys}
	if cluster, ok := c.UniversalClient.(*redis.ClusterClient); ok {
		cluster.AddHook(watcher{cluster})
	}
	return c, nil
}

// IsCluster reports whether it is a Cluster, by its URL.
func (c *Conn) IsCluster() bool {
	_, is := c.UniversalClient.(*redis.ClusterClient)
	return is
}

// minVersion is the oldest Redis that has sharded pub/sub.
const minVersion = 7

// Check returns an error when Redis cannot be reached, [ErrVersion] when it is too old, and [ErrMode] when it
// is of another kind than its URL says.
func (c *Conn) Check(ctx context.Context) error {
	info, err := c.Info(ctx, "server").Result()
	if err != nil {
		return err
	}
	facts := map[string]string{}
	for line := range strings.Lines(info) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			facts[key] = value
		}
	}
	version := facts["redis_version"]
	major, _, _ := strings.Cut(version, ".")
	if n, err := strconv.Atoi(major); err != nil || n < minVersion {
		return fmt.Errorf("%w: it is %q, and Starling needs %d.0 or newer", ErrVersion, version, minVersion)
	}
	switch mode := facts["redis_mode"]; {
	case mode == "sentinel":
		return fmt.Errorf("%w: a Sentinel, whose URL ends in ?mode=sentinel&master=NAME", ErrMode)
	case mode == "cluster" && !c.IsCluster():
		return fmt.Errorf("%w: a node of a Cluster, whose URL ends in ?mode=cluster", ErrMode)
	}
	return nil
}

// What waiting does not help against: the server is older than what Starling needs, or of another kind than
// redis.url says.
var (
	ErrVersion = errors.New("redis is too old")
	ErrMode    = errors.New("redis.url names another kind of Redis than it says")
)

// Now returns the time by Redis' clock, as [Conn.Sync] read it. Between two readings it goes on evenly,
// whatever becomes of this machine's clock. Before the first it is this machine's.
func (c *Conn) Now() time.Time {
	r := c.clock.Load()
	if r == nil {
		return time.Now()
	}
	return r.theirs.Add(time.Since(r.ours))
}

// A reading is what Redis' clock said at a moment of ours.
type reading struct{ theirs, ours time.Time }

// Sync reads Redis' clock and returns what it is ahead of this machine's.
func (c *Conn) Sync(ctx context.Context) (skew time.Duration, err error) {
	sent := time.Now()
	theirs, err := c.Time(ctx).Result()
	if err != nil {
		return 0, err
	}
	ours := sent.Add(time.Since(sent) / 2)
	c.clock.Store(&reading{theirs, ours})
	return theirs.Sub(ours.Round(0)), nil // by the clocks on the wall
}

// LogTo passes on to log, at debug, what the client has to say, which is about connections that come and
// go. It is of the whole process, and must be called before the first Open.
func LogTo(log *slog.Logger) { redis.SetLogger(logger{log}) }

// A logger passes on what go-redis has to say, which is about connections that come and go.
type logger struct{ log *slog.Logger }

// Printf implements go-redis' logger.
func (l logger) Printf(ctx context.Context, format string, v ...any) {
	l.log.DebugContext(ctx, "redis client", slog.String("detail", fmt.Sprintf(format, v...)))
}
