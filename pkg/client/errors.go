package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// A FailureError is a tracker's refusal, in its own words.
type FailureError struct {
	Reason  string        // any bytes; Error quotes them, and not too many
	RetryIn time.Duration // when to try again (BEP 31); zero when the tracker does not say
	Never   bool          // the tracker asks never to try again (BEP 31)
}

func (e *FailureError) Error() string {
	text := fmt.Sprintf("refused: %.300q", e.Reason)
	switch {
	case e.Never:
		text += ", never to be tried again"
	case e.RetryIn > 0:
		text += ", to be tried again in " + e.RetryIn.String()
	}
	return text
}

// A StatusError is an HTTP status other than 200, or over WebSocket than 101. Trackers answer refusals with
// these too, so this is rather a server that is no tracker, or a proxy whose tracker is gone.
type StatusError struct{ Code int }

func (e *StatusError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("HTTP status %d %s", e.Code, http.StatusText(e.Code)))
}

// A timeoutError says that a call ended because of Options.Timeout. It is a
// context.DeadlineExceeded in words for users.
type timeoutError struct{ after time.Duration }

func (e timeoutError) Error() string { return fmt.Sprintf("no reply within %v", e.after) }
func (e timeoutError) Unwrap() error { return context.DeadlineExceeded }
func (e timeoutError) Timeout() bool { return true }

// plainly returns err, or what is behind it if that is Options.Timeout, whatever the network made
// of it.
func plainly(ctx context.Context, err error) error {
	if e, ok := errors.AsType[net.Error](err); !ok || !e.Timeout() {
		return err
	}
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
		<-ctx.Done() // any moment: the network's own timers may be a little ahead
	}
	if timeout, ok := errors.AsType[timeoutError](context.Cause(ctx)); ok {
		return timeout
	}
	return err
}
