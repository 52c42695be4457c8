package udptracker_test

import (
	"encoding/hex"
	"sync"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/testutil"
	"github.com/starling-tracker/starling/internal/udptracker"
)

const master = "sixteen bytes or more"

// day returns the beginning of the n-th day of 1970, UTC.
func day(n int) time.Time { return time.Unix(0, 0).UTC().AddDate(0, 0, n) }

func TestSecretsOfAllVersionsAgree(t *testing.T) {
	for n, want := range map[int]string{ // computed by another program
		0:      "67d603cb6028f2afa2d747a346bfd926",
		20_000: "97f580b19207e4e7284dbeabba94a9bf",
	} {
		current, _ := udptracker.DeriveSecrets([]byte(master)).Secrets(day(n))
		if got := hex.EncodeToString(current[:]); got != want {
			t.Errorf("day %d: got %s, want %s", n, got, want)
		}
	}
}

func TestASecretIsOfADayOfTheWorldAndIsThePreviousOneTheNextDay(t *testing.T) {
	secrets := udptracker.DeriveSecrets([]byte(master))
	seen := map[udptracker.Secret]int{}
	_, last := secrets.Secrets(day(100))
	for n := 100; n < 130; n++ {
		first, previous := secrets.Secrets(day(n))
		if previous != last {
			t.Errorf("day %d: got previous %x, want the current of the day before, %x", n, previous, last)
		}
		if other, ok := seen[first]; ok {
			t.Errorf("day %d: got the secret of day %d, want a new one", n, other)
		}
		for _, zone := range []*time.Location{time.UTC, time.FixedZone("east", 14*3600), time.FixedZone("west", -12*3600)} {
			if late, _ := secrets.Secrets(day(n + 1).Add(-1).In(zone)); late != first {
				t.Errorf("end of day %d in zone %v: got %x, want %x", n, zone, late, first)
			}
		}
		seen[first], last = n, first
	}
}

func TestMastersThatDifferMakeOtherSecrets(t *testing.T) {
	seen := map[udptracker.Secret]string{}
	for _, master := range []string{"", "a", "b", "aa", master} {
		current, previous := udptracker.DeriveSecrets([]byte(master)).Secrets(day(1))
		for _, s := range []udptracker.Secret{current, previous} {
			if other, ok := seen[s]; ok {
				t.Errorf("master %q: got a secret of master %q", master, other)
			}
			seen[s] = master
		}
	}
}

func TestSecretsAreDerivedOnceADay(t *testing.T) {
	secrets := udptracker.DeriveSecrets([]byte(master))
	testutil.NoAllocs(t, "secrets while replicas disagree on what day it is", func() {
		secrets.Secrets(day(2).Add(-1))
		secrets.Secrets(day(2))
	})
}

func TestSecretsMayBeAskedForConcurrently(t *testing.T) {
	secrets := udptracker.DeriveSecrets([]byte(master))
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for n := range 500 {
				today, yesterday := secrets.Secrets(day(n + g%2))
				want, _ := udptracker.DeriveSecrets([]byte(master)).Secrets(day(n + g%2 - 1))
				if yesterday != want || today == want {
					t.Errorf("day %d: got %x and %x before, want %x before", n+g%2, today, yesterday, want)
				}
			}
		})
	}
	wg.Wait()
}
