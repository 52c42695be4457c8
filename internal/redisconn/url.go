package redisconn

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// parseURL reads where Redis is:
//
//	redis://[user:password@]host[:port][,host[:port]...][/database][?mode=single|sentinel|cluster][&master=NAME]
//
// and rediss:// for TLS. A port is 6379, or 26379 for Sentinels, unless it says otherwise. Sentinels
// are asked with sentinel_user and sentinel_password. Errors never show a password.
func parseURL(text string) (*redis.UniversalOptions, error) {
	u, hosts, err := splitURL(text)
	switch {
	case err != nil:
		return nil, errors.New("redis.url is no URL; use redis://host:6379") // the error would quote all of it
	case strings.Contains(u.RequestURI()+"#"+u.Fragment, "@"):
		// What is taken for a host or a path then may be of a password, and is not to be quoted.
		return nil, errors.New("redis.url: there is an @ behind the host; in a password write / ? # @ as %2F %3F %23 %40")
	case u.Fragment != "":
		return nil, errors.New("redis.url: there is a # in it; in a password write it as %23")
	}
	mode, query := u.Query().Get("mode"), u.Query()
	opts := &redis.UniversalOptions{
		MasterName:       query.Get("master"),
		SentinelUsername: query.Get("sentinel_user"),
		SentinelPassword: query.Get("sentinel_password"),
	}
	opts.Username = u.User.Username()
	opts.Password, _ = u.User.Password()
	switch u.Scheme {
	case "redis":
	case "rediss":
		opts.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	default:
		return nil, fmt.Errorf("redis.url: %q is unknown; it begins with redis:// or rediss://", u.Scheme)
	}
	if err := setMode(opts, mode); err != nil {
		return nil, err
	}
	if opts.Addrs, err = addresses(hosts, mode); err != nil {
		return nil, err
	}
	if mode == "" && len(opts.Addrs) > 1 {
		return nil, errors.New("redis.url: several addresses need ?mode=cluster or ?mode=sentinel&master=NAME")
	}
	for key := range query {
		switch key {
		case "mode", "master", "sentinel_user", "sentinel_password":
		default:
			return nil, fmt.Errorf("redis.url: %q is unknown; there are mode, master, sentinel_user and sentinel_password", key)
		}
	}
	if db := strings.Trim(u.Path, "/"); db != "" {
		if opts.DB, err = strconv.Atoi(db); err != nil || opts.DB < 0 {
			return nil, fmt.Errorf("redis.url: %q is no database; use a number, as in redis://host:6379/2", db)
		}
		if opts.IsClusterMode && opts.DB != 0 {
			return nil, errors.New("redis.url: a Cluster has no databases but 0")
		}
	}
	return opts, nil
}

// CheckURL returns an error that names redis.url when text cannot be the URL of a Redis.
func CheckURL(text string) error {
	_, err := parseURL(text)
	return err
}

// splitURL parses a URL that may have several hosts, which it returns apart.
func splitURL(text string) (u *url.URL, hosts string, err error) {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		return &url.URL{}, "", nil
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	at := strings.LastIndexByte(rest[:end], '@') + 1
	u, err = url.Parse(scheme + "://" + rest[:at] + "hosts" + rest[end:])
	return u, rest[at:end], err
}

func setMode(opts *redis.UniversalOptions, mode string) error {
	switch mode {
	case "", "single":
	case "cluster":
		opts.IsClusterMode = true
	case "sentinel":
		if opts.MasterName == "" {
			return errors.New("redis.url: mode=sentinel needs master=NAME, the name that the Sentinels have for it")
		}
		return nil
	default:
		return fmt.Errorf("redis.url: mode %q is unknown; use single, sentinel or cluster", mode)
	}
	if opts.MasterName != "" {
		return errors.New("redis.url: master is for mode=sentinel")
	}
	return nil
}

func addresses(hosts, mode string) (addrs []string, err error) {
	port := "6379"
	if mode == "sentinel" {
		port = "26379"
	}
	for host := range strings.SplitSeq(hosts, ",") {
		name, own, err := net.SplitHostPort(host)
		if err != nil {
			name, own = strings.Trim(host, "[]"), port
		}
		if name == "" {
			return nil, errors.New("redis.url: there is no host in it; use redis://host:6379")
		}
		if _, err := strconv.ParseUint(own, 10, 16); err != nil {
			return nil, fmt.Errorf("redis.url: %q is no port", own)
		}
		addrs = append(addrs, net.JoinHostPort(name, own))
	}
	if mode == "single" && len(addrs) > 1 {
		return nil, errors.New("redis.url: mode=single is one address")
	}
	return addrs, nil
}
