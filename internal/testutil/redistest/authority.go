package redistest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// An Authority issues certificates, as that of a company does: no system trusts it by itself.
type Authority struct {
	File string // its own certificate, PEM

	tb   testing.TB
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// NewAuthority makes an authority with a key that lasts as long as the test.
func NewAuthority(tb testing.TB) *Authority {
	tb.Helper()
	a := &Authority{tb: tb, dir: tb.TempDir(), key: newKey(tb)}
	a.cert = &x509.Certificate{
		Subject: pkix.Name{CommonName: "authority of a test"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign,
	}
	der := a.sign(a.cert, &a.key.PublicKey)
	var err error
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		tb.Fatal(err)
	}
	a.File = a.write("*.pem", "CERTIFICATE", der)
	return a
}

// Issue returns the files, PEM, of a certificate for hosts, which are names and addresses, and of its key.
// It is good for servers and for clients.
func (a *Authority) Issue(hosts ...string) (certFile, keyFile string) {
	a.tb.Helper()
	template := &x509.Certificate{
		Subject:     pkix.Name{CommonName: "redis of a test"},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	key := newKey(a.tb)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.tb.Fatal(err)
	}
	return a.write("*.crt", "CERTIFICATE", a.sign(template, &key.PublicKey)), a.write("*.key", "PRIVATE KEY", der)
}

// Pool returns what a client trusts that trusts nobody but a.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	text, err := os.ReadFile(a.File)
	if err != nil || !pool.AppendCertsFromPEM(text) {
		a.tb.Fatalf("%s: got error %v, want a certificate", a.File, err)
	}
	return pool
}

func newKey(tb testing.TB) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

// sign fills in what every certificate has, and returns it.
func (a *Authority) sign(template *x509.Certificate, public *ecdsa.PublicKey) (der []byte) {
	const hour = time.Hour // before and after, for clocks that differ and tests that are slow
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = time.Now().Add(-hour), time.Now().Add(hour)
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, public, a.key)
	if err != nil {
		a.tb.Fatal(err)
	}
	return der
}

// write returns the path of a new file, of which pattern is the name, with one block of PEM.
func (a *Authority) write(pattern, kind string, der []byte) string {
	f, err := os.CreateTemp(a.dir, pattern)
	if err != nil {
		a.tb.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // Encode would have said
	if err := pem.Encode(f, &pem.Block{Type: kind, Bytes: der}); err != nil {
		a.tb.Fatal(err)
	}
	return filepath.Clean(f.Name())
}
