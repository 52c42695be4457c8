package redisconn_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/starling-tracker/starling/internal/redisconn"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
)

func TestTheFirstOfSeveralAuthoritiesCounts(t *testing.T) {
	authority := redistest.NewAuthority(t)
	s := redistest.StartFor(t, redistest.Access{Authority: authority, Hosts: []string{"localhost"}})
	var bundle []byte
	for _, file := range []string{redistest.NewAuthority(t).File, authority.File} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		bundle = append(bundle, text...)
	}
	c := openWith(t, "rediss://localhost:"+s.Port(), redisconn.Files{CA: write(t, bundle)})
	if err := c.Ping(t.Context()).Err(); err != nil {
		t.Errorf("got error %v, want an answer of the name that the certificate is for", err)
	}
}

// write returns the path of a file that holds text.
func write(t *testing.T, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestClientCertificatesAreShownAndMayBeReplaced(t *testing.T) {
	authority := redistest.NewAuthority(t)
	s := redistest.StartFor(t, redistest.Access{Authority: authority, Mutual: true})
	cert, key := redistest.NewAuthority(t).Issue("client")
	c := openWith(t, s.URL(), redisconn.Files{CA: authority.File, Cert: cert, Key: key})
	if err := c.Ping(t.Context()).Err(); err == nil {
		t.Error("got an answer with a stranger's certificate")
	}
	newCert, newKey := authority.Issue("client")
	if err := errors.Join(os.Rename(newCert, cert), os.Rename(newKey, key)); err != nil {
		t.Fatal(err)
	}
	if err := c.Ping(t.Context()).Err(); err != nil {
		t.Errorf("got error %v with a certificate that was replaced, want an answer", err)
	}
}

func TestFilesThatCannotBeUsedAreNamed(t *testing.T) {
	authority := redistest.NewAuthority(t)
	cert, key := authority.Issue("client")
	_, otherKey := authority.Issue("client")
	rubbish := write(t, []byte("rubbish"))
	for _, tt := range []struct {
		url   string
		files redisconn.Files
		want  string // none: they can
	}{
		{"rediss://h", redisconn.Files{}, ""},
		{"", redisconn.Files{CA: authority.File}, ""},
		{"rediss://h", redisconn.Files{CA: authority.File, Cert: cert, Key: key}, ""},
		{"redis://h", redisconn.Files{CA: authority.File}, "redis.ca_file: redis.url begins with redis://"},
		{"redis://h", redisconn.Files{Cert: cert, Key: key}, "redis.cert_file: redis.url begins with redis://"},
		{"rediss://h", redisconn.Files{CA: "no/such"}, "redis.ca_file: open no/such: "},
		{"rediss://h", redisconn.Files{CA: rubbish}, "redis.ca_file: there is no certificate in " + rubbish},
		{"rediss://h", redisconn.Files{CA: key}, "redis.ca_file: there is no certificate in " + key},
		{"rediss://h", redisconn.Files{Cert: cert}, "redis.cert_file: it needs redis.key_file"},
		{"rediss://h", redisconn.Files{Key: key}, "redis.key_file: it needs redis.cert_file"},
		{"rediss://h", redisconn.Files{Cert: "no/such", Key: key}, "redis.cert_file: open no/such: "},
		{"rediss://h", redisconn.Files{Cert: cert, Key: "no/such"}, "redis.key_file: open no/such: "},
		{"rediss://h", redisconn.Files{Cert: cert, Key: otherKey}, "redis.cert_file " + cert + " with redis.key_file " + otherKey + ": tls: "},
	} {
		err := redisconn.CheckFiles(tt.url, tt.files)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.want)) {
			t.Errorf("%s with %+v: got error %v, want %q", tt.url, tt.files, err, tt.want)
		}
		if c, err := redisconn.Open(redisconn.Options{URL: tt.url, Files: tt.files}); err == nil {
			_ = c.Close()
			if tt.want != "" {
				t.Errorf("%s with %+v: got it opened, want %q", tt.url, tt.files, tt.want)
			}
		}
	}
}
