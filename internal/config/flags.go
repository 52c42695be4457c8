package config

import (
	"fmt"

	"github.com/alecthomas/kong"
)

// Flags are the flags of a kong command that needs the configuration. A command that embeds them
// finds Config complete and valid when it runs; the program must bind an [Environment].
type Flags struct {
	File   string `name:"config" placeholder:"FILE" help:"YAML file to read settings from; also STARLING_CONFIG."`
	Config Config `embed:""`
}

// RedisFlags are the flags of a kong command that asks Redis and needs nothing else of the
// configuration, of which it takes the same file and environment.
type RedisFlags struct {
	File  string       `name:"config" placeholder:"FILE" help:"YAML file to read settings from; also STARLING_CONFIG."`
	Redis RedisAddress `embed:"" prefix:"redis."`
}

// BeforeResolve is called by kong: see [Flags.BeforeResolve].
func (f *RedisFlags) BeforeResolve(ctx *kong.Context, env Environment) error {
	return resolve(ctx, env)
}

// Load reads the configuration for a program without commands of its own: args are flags, env is
// what os.Environ returns. Load(nil, nil) returns the defaults.
func Load(args, env []string) (Config, error) {
	var f Flags
	_, err := kong.Must(&f, kong.NoDefaultHelp(), kong.Bind(Environment(env))).Parse(args)
	return f.Config, err
}

// BeforeResolve is called by kong when it has read the command line. It reads the file and the
// environment and leaves them with ctx, where kong looks for what the command line does not say.
// What kong has put together in the end it gives to Validate.
func (f *Flags) BeforeResolve(ctx *kong.Context, env Environment) error { return resolve(ctx, env) }

func resolve(ctx *kong.Context, env Environment) error {
	typed := commandLine(ctx)
	path, ok := typed["config"]
	if !ok {
		path = env.lookup(fileVariable)
	}
	l := newLayers()
	if path != "" {
		l.addFile(path)
	}
	l.addEnvironment(env)
	l.addSecretFiles(typed)
	ctx.AddResolver(l)
	return l.err()
}

// commandLine returns what the command line itself says, by the name of the flag. Secrets are [set].
func commandLine(ctx *kong.Context) map[string]string {
	typed := make(map[string]string)
	for _, p := range ctx.Path {
		if p.Flag != nil {
			typed[p.Flag.Name] = fmt.Sprint(ctx.FlagValue(p.Flag))
		}
	}
	return typed
}

// settings returns the settings of cfg in their order, as kong reads them from the tags: names,
// help, defaults, and in Target the field itself.
func settings(cfg *Config) []*kong.Flag {
	return kong.Must(cfg, kong.NoDefaultHelp()).Model.Flags
}
