package redistest_test

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/starling-tracker/starling/internal/testutil/redistest"
)

func TestAFakeIsWhatItIsToldToBe(t *testing.T) {
	fake := redistest.Fake{
		Version: redistest.Old, Ahead: time.Hour,
		Exists: func() string { return "-LOADING of nothing" },
	}
	opts, err := redis.ParseURL(fake.Start(t))
	if err != nil {
		t.Fatal(err)
	}
	opts.Protocol, opts.MaxRetries = 2, -1
	client := redis.NewClient(opts)
	defer client.Close()
	if got := client.InfoMap(t.Context(), "server").Item("Server", "redis_version"); got != redistest.Old() {
		t.Errorf("got version %q, want %q", got, redistest.Old())
	}
	if got, err := client.Time(t.Context()).Result(); err != nil || time.Until(got) < 59*time.Minute {
		t.Errorf("got %v, error %v, want the time in an hour", got, err)
	}
	if _, err := client.Exists(t.Context(), "k").Result(); err == nil || err.Error() != "LOADING of nothing" {
		t.Errorf("got error %v, want what it was told to say", err)
	}
	if err := client.Set(t.Context(), "k", "v", 0).Err(); err == nil {
		t.Error("got no error of a write, want it refused")
	}
}
