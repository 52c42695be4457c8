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
}

// A Conn is a client of Redis and the names in it.
type Conn struct {
	redis.UniversalClient
	Keys
	skew atomic.Int64 // what Redis' clock is ahead of ours, in nanoseconds
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
	o.Protocol = 2 // all that is asked for; the third makes maps of what are lists
	o.ClientName = "starling"
	o.MaxRetries = -1
	o.DialerRetries = 1
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = dialTimeout, ioTimeout, ioTimeout, ioTimeout
	o.ContextTimeoutEnabled = true
	o.ReadBufferSize, o.WriteBufferSize = readBuffer, writeBuffer
	o.DisableIdentity = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	o.Dialer = dialer(o.TLSConfig)
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

// Check returns an error when Redis cannot be reached, and [ErrVersion] when it is too old.
func (c *Conn) Check(ctx context.Context) error {
	info, err := c.Info(ctx, "server").Result()
	if err != nil {
		return err
	}
	version, ok := "", false
	for line := range strings.Lines(info) {
		if version, ok = strings.CutPrefix(strings.TrimSpace(line), "redis_version:"); ok {
			break
		}
	}
	major, _, _ := strings.Cut(version, ".")
	if n, err := strconv.Atoi(major); err != nil || n < minVersion {
		return fmt.Errorf("%w: it is %q, and Starling needs %d.0 or newer", ErrVersion, version, minVersion)
	}
	return nil
}

// ErrVersion says that the server is older than what Starling needs. Waiting does not help.
var ErrVersion = errors.New("redis is too old")

// Now returns the time by Redis' clock, as far as [Conn.Sync] knows it.
func (c *Conn) Now() time.Time { return time.Now().Add(time.Duration(c.skew.Load())) }

// Sync reads Redis' clock and returns what it is ahead of ours.
func (c *Conn) Sync(ctx context.Context) (skew time.Duration, err error) {
	sent := time.Now()
	theirs, err := c.Time(ctx).Result()
	if err != nil {
		return 0, err
	}
	received := time.Now()
	skew = theirs.Sub(sent.Add(received.Sub(sent) / 2))
	c.skew.Store(int64(skew))
	return skew, nil
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
