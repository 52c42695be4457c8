package redisconn

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"github.com/redis/go-redis/v9"
)

// parseURL reads where Redis is:
//
//	redis://[user:password@]host[:port][,host[:port]...][/database][?mode=single|sentinel|cluster][&master=NAME]
//
// and rediss:// for TLS. A port is 6379, or 26379 for Sentinels, unless it says otherwise. Sentinels
// are asked with sentinel_user and sentinel_password. What is special in a URL is written as % and two
// hexadecimal digits. Errors never show a password, nor what may be a part of one.
func parseURL(text string) (*redis.UniversalOptions, error) {
	if strings.ContainsFunc(text, unicode.IsSpace) {
		return nil, errSpace
	}
	u, hosts, err := splitURL(text)
	if err != nil {
		return nil, err
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil || u.Fragment != "" {
		return nil, errNoURL // it would quote a part
	}
	mode := query.Get("mode")
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

var (
	errNoURL = errors.New("redis.url is no URL; use redis://user:password@host:6379, " + special)
	errSpace = errors.New("redis.url: there is white space in it; it is one line, with %20 for a blank in a user or password")
	errAt    = errors.New("redis.url: there is an @ behind the first /, ? or #; " + special)
)

// special tells those whose password has such characters what to do.
const special = "with %25 for %, %2F for /, %3F for ?, %23 for #, %40 for @ and %2B for + in a user or password"

// splitURL parses a URL that may have several hosts, which it returns apart. An @ behind the hosts is refused:
// what stands before it is rather a password, of which other errors would show a part.
func splitURL(text string) (u *url.URL, hosts string, err error) {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		return &url.URL{}, "", nil
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	if strings.Contains(rest[end:], "@") {
		return nil, "", errAt
	}
	at := strings.LastIndexByte(rest[:end], '@') + 1
	if u, err = url.Parse(scheme + "://" + rest[:at] + "hosts" + rest[end:]); err != nil {
		return nil, "", errNoURL // the error would quote all of it
	}
	return u, rest[at:end], nil
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
		addr, err := address(host, port)
		if err != nil {
			return nil, err
		}
		addrs = append(addrs, addr)
	}
	if mode == "single" && len(addrs) > 1 {
		return nil, errors.New("redis.url: mode=single is one address")
	}
	return addrs, nil
}

// Errors of an address. None shows it: who forgot the @ has a password where the host should be.
var (
	errNoHost   = errors.New("redis.url: there is no host in it; use redis://host:6379")
	errNoPort   = errors.New("redis.url: what follows a host and a colon is no port; use 1 to 65535, as in redis://host:6379")
	errBrackets = errors.New("redis.url: an IPv6 address, and nothing else with a colon in it, stands in brackets; use redis://[::1]:6379")
)

// address returns the host and port of host, which may come without a port.
func address(host, port string) (string, error) {
	name, inBrackets := strings.CutPrefix(host, "[")
	if inBrackets {
		var behind string
		if name, behind, inBrackets = strings.Cut(name, "]"); !inBrackets {
			return "", errBrackets
		}
		if ip, err := netip.ParseAddr(name); err != nil || !ip.Is6() {
			return "", errBrackets
		}
		host = behind
	} else {
		name, _, _ = strings.Cut(host, ":")
		host = host[len(name):]
	}
	own, given := strings.CutPrefix(host, ":")
	switch {
	case name == "" && !strings.Contains(own, ":"):
		return "", errNoHost
	case strings.Contains(own, ":"):
		return "", errBrackets
	case !given && host != "":
		return "", errNoPort
	case given:
		port = own
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", errNoPort
	}
	return net.JoinHostPort(name, port), nil
}
