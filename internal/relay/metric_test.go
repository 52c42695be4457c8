package relay_test

// metric returns the sum of the metrics of a name that have all the labels, which are names and values in
// turns.
func (r *replica) metric(name string, labels ...string) int {
	r.net.t.Helper()
	families, err := r.reg.Gather()
	if err != nil {
		r.net.t.Fatal(err)
	}
	sum := 0.0
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			has := map[string]string{}
			for _, l := range m.GetLabel() {
				has[l.GetName()] = l.GetValue()
			}
			matches := true
			for i := 0; i < len(labels); i += 2 {
				matches = matches && has[labels[i]] == labels[i+1]
			}
			if matches {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return int(sum)
}
