package replica

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/redis/go-redis/v9"
)

// Layout is the version of all that Starling has in Redis. Replicas of another one would misread it.
const Layout = 1

// Partitions is how many partitions the channels of browsers are divided into.
const Partitions = 32

// ErrLayout says that Redis holds the data of a tracker that this one cannot share it with. Waiting
// does not help.
var ErrLayout = errors.New("redis has another layout")

// full reports whether err is that Redis' memory is full. It writes nothing then, and may have all that is
// needed; what is read tells.
func full(err error) bool { return redis.HasErrorPrefix(err, "OOM") }

// errGone says that something is not there although it was written.
var errGone = errors.New("it is gone as soon as written")

// join makes sure that all replicas have the same layout, and writes it when there is none.
func (r *Replica) join(ctx context.Context) error {
	key := r.conn.Meta()
	pipe := r.conn.Pipeline()
	pipe.HSetNX(ctx, key, "layout", Layout)
	written := pipe.HSetNX(ctx, key, "partitions", Partitions)
	read := pipe.HMGet(ctx, key, "layout", "partitions")
	if _, err := pipe.Exec(ctx); err != nil && (!full(err) || read.Err() != nil) {
		return fmt.Errorf("%s: %w", key, err)
	}
	layout, ok := read.Val()[0].(string)
	partitions, also := read.Val()[1].(string)
	if !ok || !also {
		return fmt.Errorf("%s: %w", key, cmp.Or(written.Err(), errGone))
	}
	if layout != strconv.Itoa(Layout) || partitions != strconv.Itoa(Partitions) {
		return fmt.Errorf("%w: %s has layout %.40q with %.40q partitions, and this version needs layout %d with %d; "+
			"give it a redis.prefix of its own", ErrLayout, key, layout, partitions, Layout, Partitions)
	}
	return nil
}
