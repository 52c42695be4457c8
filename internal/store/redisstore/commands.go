package redisstore

import (
	"context"

	"github.com/redis/go-redis/v9"

	"github.com/starling-tracker/starling/internal/redisconn"
)

// commands makes the commands of a lane's pipelines. Making them would cost more than sending them does,
// so those of one pipeline are used again for the next one. Not so with a Cluster: there the client notes
// in a command to which slot it goes.
//
// A command keeps its arguments until its pipeline is done. What differs from one to the next should be
// a pointer, which costs no memory to pass.
type commands struct {
	fresh bool            // commands are not used again
	ctx   context.Context // of the pipeline that is being made; it is the one that its Exec is given which counts
	all   []redis.Cmder   // of the pipeline that is being made, in order
	ints  [reusable + 1]reuse[*redis.IntCmd]
	raws  [reusable + 1]reuse[*redis.RawCmd]
}

// newCommands returns those of a lane over conn.
func newCommands(conn *redisconn.Conn) commands { return commands{fresh: conn.IsCluster()} }

// reusable is how many arguments a command has at most that is used again.
const reusable = 7

// A reuse is commands of one kind with so many arguments.
type reuse[C redis.Cmder] struct {
	made []made[C]
	used int // by the pipeline that is being made
}

type made[C redis.Cmder] struct {
	command C
	args    []any
}

// next returns a command that is not in use, with its arguments.
func (r *reuse[C]) next(ctx context.Context, fresh func(ctx context.Context, args ...any) C, args []any) C {
	if r.used == len(r.made) {
		own := make([]any, len(args))
		r.made = append(r.made, made[C]{fresh(context.WithoutCancel(ctx), own...), own})
	}
	m := r.made[r.used]
	r.used++
	copy(m.args, args)
	m.command.SetErr(nil)
	return m.command
}

// begin forgets the last pipeline.
func (c *commands) begin(ctx context.Context) {
	c.ctx = ctx
	clear(c.all)
	c.all = c.all[:0]
	for i := range c.ints {
		c.ints[i].used, c.raws[i].used = 0, 0
	}
}

// int adds a command that is answered with a number.
func (c *commands) int(args ...any) *redis.IntCmd {
	switch {
	case c.fresh:
		cmd := redis.NewIntCmd(c.ctx, append([]any(nil), args...)...)
		c.all = append(c.all, once{cmd})
		return cmd
	case len(args) > reusable:
		cmd := redis.NewIntCmd(c.ctx, append([]any(nil), args...)...)
		c.all = append(c.all, cmd)
		return cmd
	}
	cmd := c.ints[len(args)].next(c.ctx, redis.NewIntCmd, args)
	cmd.SetVal(0)
	c.all = append(c.all, cmd)
	return cmd
}

// raw adds a command whose reply is read by us.
func (c *commands) raw(args ...any) *redis.RawCmd {
	if c.fresh {
		cmd := redis.NewRawCmd(c.ctx, append([]any(nil), args...)...)
		c.all = append(c.all, cmd)
		return cmd
	}
	cmd := c.raws[len(args)].next(c.ctx, redis.NewRawCmd, args)
	cmd.SetVal(nil)
	c.all = append(c.all, cmd)
	return cmd
}

// A once is a command whose pipeline is not sent again when nobody knows what became of it, which the client
// of a Cluster would do otherwise: what an announce did to a record can be told only the first time.
type once struct{ *redis.IntCmd }

// NoRetry implements redis.Cmder.
func (once) NoRetry() bool { return true }

// add adds any other command.
func (c *commands) add(cmd redis.Cmder) { c.all = append(c.all, cmd) }
