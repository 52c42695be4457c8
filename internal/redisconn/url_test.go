package redisconn_test

import (
	"strings"
	"testing"

	"github.com/starling-tracker/starling/internal/redisconn"
)

func TestURLsSayWhereRedisIs(t *testing.T) {
	for _, url := range []string{
		"redis://localhost", "redis://10.0.0.7:6380/3", "rediss://user:secret@redis.example:6379",
		"redis://[::1]:7000/?mode=single", "redis://[::1]", "redis://[::1],[2001:db8::1]:1?mode=cluster", "redis://h1:7001,h2:7002,h3/?mode=cluster",
		"redis://:secret@h1,h2/2?mode=sentinel&master=m&sentinel_password=x",
	} {
		c, err := redisconn.Open(redisconn.Options{URL: url})
		if err != nil {
			t.Errorf("%s: got error %v, want none", url, err)
			continue
		}
		_ = c.Close()
	}
	const secret = "hunter2"
	for url, want := range map[string]string{
		"":                                       "begins with redis://",
		"http://h":                               "begins with redis://",
		"redis://":                               "no host",
		"redis://h1,h2":                          "several addresses need",
		"redis://h1,h2?mode=single":              "one address",
		"redis://h?mode=cluser":                  "mode \"cluser\" is unknown",
		"redis://h?mode=sentinel":                "needs master=NAME",
		"redis://h?master=m":                     "master is for mode=sentinel",
		"redis://h/x":                            "is no database",
		"redis://h/-1":                           "is no database",
		"redis://h/1?mode=cluster":               "no databases but 0",
		"redis://h?timeout=1":                    "\"timeout\" is unknown",
		"redis://u:" + secret + "@h:port":        "is no port",
		"redis://u:" + secret + "@h/x":           "is no database",
		"redis://u:" + secret + "/x@h:1":         "there is an @ behind the first",
		"redis://u:12/" + secret + "@h:1":        "there is an @ behind the first",
		"redis://u:12?" + secret + "@h:1":        "there is an @ behind the first",
		"redis://u:12#" + secret + "@h:1":        "there is an @ behind the first",
		"redis://h:1/#" + secret:                 "is no URL",
		"redis://u:" + secret + "%zz@h?mode=a%z": "no URL",
		"redis://u:" + secret + "^@h":            "no URL",
		"redis://h?" + secret + "%zz":            "no URL",
		"redis://u:" + secret + "/x@h":           "%2F for /",
		"redis://u:1/" + secret + "@h":           "%2F for /",
		"redis://:1?" + secret + "@h":            "%3F for ?",
		"redis://:1#" + secret + "@h":            "%23 for #",
		"redis://u:" + secret:                    "is no port; use 1 to 65535",
		"redis://h:0":                            "is no port; use 1 to 65535",
		"redis://h:65536":                        "is no port; use 1 to 65535",
		"redis://h:":                             "is no port; use 1 to 65535",
		"redis://:6379":                          "no host",
		"redis://h1,,h2?mode=cluster":            "no host",
		"redis://::1":                            "stands in brackets; use redis://[::1]:6379",
		"redis://::1:6379/2":                     "stands in brackets",
		"redis://h,2001:db8::1?mode=cluster":     "stands in brackets",
		"redis://[::1":                           "stands in brackets",
		"redis://[u:" + secret + "]":             "stands in brackets",
		"redis://[127.0.0.1]:6379":               "stands in brackets",
		"redis://[::1]6379":                      "is no port",
		"redis://u:" + secret + "@h\nredis://h2": "it is one line",
		"redis://u:" + secret + " x@h":           "%20 for a blank",
	} {
		_, err := redisconn.Open(redisconn.Options{URL: url})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v, want one with %q", url, err, want)
		}
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%s: got the password in %q", url, err)
		}
	}
}
