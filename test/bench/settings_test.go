//go:build linux

package main

import (
	"io"
	"strings"
	"testing"
	"time"
)

func environment(variables map[string]string) func(string) string {
	return func(name string) string { return variables[name] }
}

func TestFlagsPrecedeTheEnvironmentWhichPrecedesDefaults(t *testing.T) {
	for _, test := range []struct {
		args   []string
		env    map[string]string
		rounds int
		length time.Duration
		swarms int
	}{
		{nil, nil, 5, 5 * time.Second, 10_000},
		{nil, map[string]string{"ROUNDS": "3", "SECONDS": "0.5"}, 3, time.Second / 2, 10_000},
		{[]string{"-rounds=2", "-seconds=8"}, map[string]string{"ROUNDS": "3", "SECONDS": "0.5"}, 2, 8 * time.Second, 10_000},
		{[]string{"-quick"}, map[string]string{"ROUNDS": "3"}, 1, time.Second / 5, 20},
	} {
		s, err := parseSettings(test.args, environment(test.env), io.Discard)
		if err != nil || s.rounds != test.rounds || s.length != test.length || s.udpSwarms != test.swarms {
			t.Errorf("%v with %v: got %d rounds of %v, %d swarms (%v), want %d of %v, %d",
				test.args, test.env, s.rounds, s.length, s.udpSwarms, err, test.rounds, test.length, test.swarms)
		}
	}
}

func TestSettingsThatCannotWorkAreNamed(t *testing.T) {
	for _, test := range []struct {
		args []string
		env  map[string]string
		want string
	}{
		{[]string{"now"}, nil, "flags only"},
		{[]string{"-experiment=speed"}, nil, "cores, shapes, redis, ws and ws-memory"},
		{[]string{"-rounds=0"}, nil, "more than zero"},
		{[]string{"-seconds=0"}, nil, "more than zero"},
		{[]string{"-udp-swarms=-1"}, nil, "more than zero"},
		{[]string{"-peers=70000"}, nil, "65535"},
		{[]string{"-sockets=49"}, nil, "a swarm has 50"},
		{nil, map[string]string{"ROUNDS": "many"}, "ROUNDS and SECONDS"},
		{nil, map[string]string{"SECONDS": "long"}, "ROUNDS and SECONDS"},
	} {
		_, err := parseSettings(test.args, environment(test.env), io.Discard)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v with %v: got %v, want an error about %q", test.args, test.env, err, test.want)
		}
	}
}

func TestOnlyNamesTablesAndEntries(t *testing.T) {
	s, err := parseSettings([]string{"-only=starling, keep-alive"}, environment(nil), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		table, entry string
		want         bool
	}{
		{"UDP", "Starling", true},
		{"HTTP, keep-alive", "floor", true},
		{"UDP", "floor", false},
	} {
		if got := s.wants(test.table, test.entry); got != test.want {
			t.Errorf("%s of %s: got %t, want %t", test.entry, test.table, got, test.want)
		}
	}
	if !(settings{}).wants("UDP", "floor") {
		t.Error("without -only: got nothing, want everything")
	}
}

func TestTheCacheIsTheUsers(t *testing.T) {
	for _, test := range []struct {
		env  map[string]string
		want string
	}{
		{map[string]string{"XDG_CACHE_HOME": "/c", "HOME": "/h"}, "/c/starling-bench"},
		{map[string]string{"HOME": "/h"}, "/h/.cache/starling-bench"},
	} {
		if got := cacheDir(environment(test.env)); got != test.want {
			t.Errorf("%v: got %s, want %s", test.env, got, test.want)
		}
	}
}
