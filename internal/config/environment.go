package config

import (
	"regexp"
	"strings"
)

const (
	variablePrefix = "STARLING_"
	fileVariable   = variablePrefix + "CONFIG"
)

// serviceLinks matches the variables that Kubernetes puts into every container when a Service in
// its namespace is called starling or starling-something. Nobody typed them, so they are no typos;
// STARLING_UDP_PORT=6969 is one, which the value tells.
// (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables)
var serviceLinks = regexp.MustCompile(`^STARLING_(.+_)?(SERVICE_HOST=|SERVICE_PORT(_.+)?=|PORT=[a-z]+://|PORT_[0-9]+_(TCP|UDP|SCTP)(_PROTO|_PORT|_ADDR)?=)`)

// variable returns the environment's name of a setting.
func variable(setting string) string {
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(setting, ".", "_"))
}

// An Environment is what os.Environ returns.
type Environment []string

// lookup returns the value of a variable, "" if it is not set.
func (e Environment) lookup(name string) string {
	for _, entry := range e {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value
		}
	}
	return ""
}

// addEnvironment adds every STARLING_ variable. One that names no setting is a problem: a typo that
// is passed over leaves a node running with a default its operator believes changed.
func (l *layers) addEnvironment(env Environment) {
	byVariable := make(map[string]string, len(l.names))
	known := []string{strings.TrimPrefix(fileVariable, variablePrefix)}
	for _, name := range l.names {
		byVariable[variable(name)] = name
		known = append(known, strings.TrimPrefix(variable(name), variablePrefix))
	}
	for _, entry := range env {
		name, text, _ := strings.Cut(entry, "=")
		rest, ours := strings.CutPrefix(name, variablePrefix)
		switch setting := byVariable[name]; {
		case setting != "":
			l.set(setting, text, name)
		case ours && name != fileVariable && !serviceLinks.MatchString(entry):
			l.add("%s", unknown("variable", variablePrefix, rest, known))
		}
	}
}
