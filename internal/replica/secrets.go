package replica

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"sync/atomic"

	"github.com/redis/go-redis/v9"

	"github.com/starling-tracker/starling/internal/redisconn"
)

// secrets are the days' secrets as Redis has them, and where they are.
type secrets struct {
	conn  *redisconn.Conn
	days  atomic.Pointer[days]
	swept int64 // the day when old ones were last looked for; of Run alone
}

// newSecrets returns a random secret that only this replica knows.
func newSecrets(conn *redisconn.Conn) *secrets {
	s := &secrets{conn: conn}
	s.days.Store(&days{secrets: [3]secret{1: randomSecret()}})
	return s
}

func randomSecret() (s secret) {
	_, _ = rand.Read(s[:]) // never fails: crypto/rand ends the process instead
	return s
}

// refreshSecrets makes sure that Redis has the secrets of today and tomorrow, writes back what it lost,
// and takes over what it has.
func (r *Replica) refreshSecrets(ctx context.Context) error {
	now := r.opts.Now().Unix()
	old := r.secrets.days.Load()
	next := &days{today: now / daySeconds, former: old.former, until: old.until}
	for i := range next.secrets {
		next.secrets[i] = old.known(next.today - 1 + int64(i))
	}
	if err := r.secrets.exchange(ctx, next); err != nil {
		return fmt.Errorf("%s: %w", r.conn.Secrets(), err)
	}
	if used, _ := old.at(now); old.shared() && used != next.secrets[1] {
		next.former, next.until = used, now+formerSeconds
		r.log.Info("another replica's secret taken over")
	}
	r.secrets.days.Store(next)
	if r.secrets.swept == next.today {
		return nil
	}
	return r.secrets.sweep(ctx, next.today)
}

// exchange writes the secrets of d into Redis where it has none, and sets them to those that it has.
func (s *secrets) exchange(ctx context.Context, d *days) error {
	var fields [len(d.secrets)]string
	var written *redis.BoolCmd // the last of them
	pipe := s.conn.Pipeline()
	for i, mine := range d.secrets {
		fields[i] = strconv.FormatInt(d.today-1+int64(i), 10)
		if mine == (secret{}) {
			if i == 0 {
				continue // nobody has an ID of a yesterday that nobody remembers
			}
			mine = randomSecret()
		}
		written = pipe.HSetNX(ctx, s.conn.Secrets(), fields[i], mine[:])
	}
	read := pipe.HMGet(ctx, s.conn.Secrets(), fields[:]...)
	if _, err := pipe.Exec(ctx); err != nil && (!full(err) || read.Err() != nil) {
		return err
	}
	for i, value := range read.Val() {
		text, ok := value.(string)
		if !ok && i > 0 && written.Err() != nil {
			return written.Err()
		}
		if !ok && i == 0 {
			continue
		}
		d.secrets[i] = secret{}
		if copy(d.secrets[i][:], text) != len(text) || len(text) != len(secret{}) || d.secrets[i] == (secret{}) {
			return s.remove(ctx, fields[i], len(text))
		}
	}
	return nil
}

// remove removes what is no secret, so that the next attempt can write one, and returns an error in any
// case.
func (s *secrets) remove(ctx context.Context, field string, size int) error {
	if err := s.conn.HDel(ctx, s.conn.Secrets(), field).Err(); err != nil {
		return err
	}
	return fmt.Errorf("day %s had %d bytes that are no secret; removed", field, size)
}

// sweepFields is about how many fields are looked at in one sweep. Days that passed are a few.
const sweepFields = 100

// sweep removes the secrets of days before yesterday, once a day.
func (s *secrets) sweep(ctx context.Context, today int64) error {
	pairs, _, err := s.conn.HScan(ctx, s.conn.Secrets(), 0, "", sweepFields).Result()
	if err != nil {
		return fmt.Errorf("%s: %w", s.conn.Secrets(), err)
	}
	var old []string
	for i := 0; i < len(pairs); i += 2 {
		if day, err := strconv.ParseInt(pairs[i], 10, 64); err == nil && day < today-1 {
			old = append(old, pairs[i])
		}
	}
	if len(old) > 0 {
		if err := s.conn.HDel(ctx, s.conn.Secrets(), old...).Err(); err != nil {
			return fmt.Errorf("%s: %w", s.conn.Secrets(), err)
		}
	}
	s.swept = today
	return nil
}
