package redisconn

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
)

// Files are what TLS needs beside what the system has, all in PEM. They are read again for each connection
// that is made, so that they may be replaced while Starling runs; one under way keeps what it began with.
type Files struct {
	CA        string // see the setting redis.ca_file; empty: the system's
	Cert, Key string // see redis.cert_file and redis.key_file; empty: none
}

// CheckFiles returns an error that names the setting and the file when files cannot be used with url.
func CheckFiles(url string, files Files) error {
	scheme, _, _ := strings.Cut(url, "://")
	if key := files.first(); key != "" && strings.EqualFold(scheme, "redis") {
		return fmt.Errorf("%s: redis.url begins with redis://, which is not encrypted; use rediss://", key)
	}
	_, err := files.config()
	return err
}

// first returns the name of the first setting that is set.
func (f Files) first() string {
	switch {
	case f.CA != "":
		return "redis.ca_file"
	case f.Cert != "":
		return "redis.cert_file"
	case f.Key != "":
		return "redis.key_file"
	}
	return ""
}

func (f Files) config() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if f.CA != "" {
		text, err := os.ReadFile(f.CA)
		if err != nil {
			return nil, fmt.Errorf("redis.ca_file: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("redis.ca_file: there is no certificate in %s; it must be PEM, with BEGIN CERTIFICATE in it", f.CA)
		}
	}
	switch {
	case f.Cert == "" && f.Key == "":
		return config, nil
	case f.Key == "":
		return nil, errors.New("redis.cert_file: it needs redis.key_file, the key that the certificate is for")
	case f.Cert == "":
		return nil, errors.New("redis.key_file: it needs redis.cert_file, the certificate of the key")
	}
	cert, err := os.ReadFile(f.Cert)
	if err != nil {
		return nil, fmt.Errorf("redis.cert_file: %w", err)
	}
	key, err := os.ReadFile(f.Key)
	if err != nil {
		return nil, fmt.Errorf("redis.key_file: %w", err)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("redis.cert_file %s with redis.key_file %s: %w", f.Cert, f.Key, err)
	}
	config.Certificates = []tls.Certificate{pair}
	return config, nil
}
