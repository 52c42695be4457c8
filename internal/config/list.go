package config

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/alecthomas/kong"
)

// Addrs are addresses to listen on, each host:port.
type Addrs []string

// Decode adds a comma-separated list for kong, so that a repeated flag adds to what came before it.
func (a *Addrs) Decode(ctx *kong.DecodeContext) error {
	items, err := popList(ctx)
	*a = append(*a, items...)
	return err
}

// Networks are address ranges in CIDR notation.
type Networks []netip.Prefix

// Decode adds a comma-separated list for kong, as that of Addrs does. A single address is the
// network of just that address.
func (n *Networks) Decode(ctx *kong.DecodeContext) error {
	items, err := popList(ctx)
	if err != nil {
		return err
	}
	for _, item := range items {
		network, err := parseNetwork(item)
		if err != nil {
			return err
		}
		*n = append(*n, network)
	}
	return nil
}

// Patterns are names with * for any characters, as path.Match reads them.
type Patterns []string

// Decode adds a comma-separated list for kong, as that of Addrs does.
func (p *Patterns) Decode(ctx *kong.DecodeContext) error {
	items, err := popList(ctx)
	*p = append(*p, items...)
	return err
}

// parseNetwork refuses forms that could mean more, or fewer, addresses than their writer thinks:
// these lists say who is believed.
func parseNetwork(s string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(s); err == nil && !addr.Is4In6() && addr.Zone() == "" {
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	network, err := netip.ParsePrefix(s)
	switch {
	case err != nil || network.Addr().Is4In6():
		return netip.Prefix{}, fmt.Errorf("%q is not a network: write it like 10.0.0.0/8, fd00::/8 or 192.0.2.1", s)
	case network != network.Masked():
		return netip.Prefix{}, fmt.Errorf("%q has address bits beyond its mask: write %s for the network, %s for the address",
			s, network.Masked(), network.Addr())
	}
	return network, nil
}

// popList takes the next value and splits it at its commas. Empty items do not count.
func popList(ctx *kong.DecodeContext) ([]string, error) {
	var text string
	if err := ctx.Scan.PopValueInto("list", &text); err != nil {
		return nil, err
	}
	var items []string
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items, nil
}
