package filetransfer

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"
)

// Config is the settings of a Transfer. Either dir or sftp says where files go.
type Config struct {
	Dir  string     `yaml:"dir"` // a folder of this machine, or one that is mounted
	SFTP SFTPConfig `yaml:"sftp"`

	// Trigger names the file that tells the partner to begin: "none" (the default), or
	// a pattern such as "{name}.done" or "{base}.trg", where {name} is the whole name of
	// the data and {base} is that without its last ending. It contains the data's name.
	Trigger string `yaml:"trigger"`
	// Manifest names, in the same way, the file that tells in JSON what is in the data:
	// name, bytes, SHA-256, count, control totals, keys. It is there before the trigger.
	Manifest string `yaml:"manifest"`
	// Temp is how temporary files are named so that the partner's mask does not match
	// them: "dot" (.NAME....part, the default) or "suffix" (NAME....part).
	Temp string `yaml:"temp"`
	// Journal is the folder of the journal, below that of the files, so that the one is
	// never there without the other. It is made where it is missing.
	Journal string `yaml:"journal"`
	// Mode is the permissions of the files in a local folder, in octal: "0640".
	Mode string `yaml:"mode"`
	// Keep is how long the journal remembers a file: longer than anybody could ask for
	// one of its documents to be delivered again.
	Keep time.Duration `yaml:"keep"`

	Acks AckConfig `yaml:"acks"`
	PGP  PGPConfig `yaml:"pgp"`
}

// SFTPConfig says which folder of which server.
type SFTPConfig struct {
	Host       string `yaml:"host"`
	Port       int    `yaml:"port"`
	User       string `yaml:"user"`
	Password   Secret `yaml:"password"`
	KeyFile    string `yaml:"key_file"`   // a private key, as ssh-keygen writes it
	Passphrase Secret `yaml:"passphrase"` // of the private key

	// KnownHosts is a file as ~/.ssh/known_hosts, HostKey is the server's public keys as
	// ssh-keyscan prints them without the name ("ssh-ed25519 AAAA..."), one a line. One of
	// them is needed.
	KnownHosts string `yaml:"known_hosts"`
	HostKey    string `yaml:"host_key"`

	Dir     string        `yaml:"dir"`
	Timeout time.Duration `yaml:"timeout"` // of connecting and of one delivery
}

// AckConfig says where the partner puts its acknowledgements, on the same side as the
// files.
type AckConfig struct {
	Dir   string `yaml:"dir"`   // none: there are no acknowledgements
	Match string `yaml:"match"` // names that count, as in "*.xml"
	// Trigger names the file that says that an acknowledgement is complete, as above. With
	// "none" it is complete once neither its size nor its time changed for Settle.
	Trigger string        `yaml:"trigger"`
	Settle  time.Duration `yaml:"settle"`
	// Empty: also acknowledgements of nought bytes count, for partners that say it all by
	// the name.
	Empty bool `yaml:"empty"`
	// Archive is a folder that acknowledgements are moved to; without it they are deleted.
	Archive string `yaml:"archive"`
}

// PGPConfig says for whom files are encrypted, and by whom they are signed.
type PGPConfig struct {
	Recipients  []string `yaml:"recipients"`    // files with public keys; each can read the files
	SignKeyFile string   `yaml:"sign_key_file"` // a file with our private key
	Passphrase  Secret   `yaml:"passphrase"`    // of our private key
}

// Secret is a string that does not print.
type Secret string

// Format prints *** for every verb.
func (Secret) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, "***") }

// String returns ***.
func (Secret) String() string { return "***" }

// MarshalText returns ***.
func (Secret) MarshalText() ([]byte, error) { return []byte("***"), nil }

// MarshalYAML returns ***.
func (Secret) MarshalYAML() (any, error) { return "***", nil }

const (
	none       = "none"
	tempDot    = "dot"
	tempSuffix = "suffix"
)

// Set reports whether the settings name a folder at all, for adapters that can do
// without one.
func (c *Config) Set() bool { return c.Dir != "" || c.SFTP != (SFTPConfig{}) }

func (c Config) withDefaults() Config {
	c.Trigger = cmp.Or(c.Trigger, none)
	c.Manifest = cmp.Or(c.Manifest, none)
	c.Temp = cmp.Or(c.Temp, tempDot)
	c.Journal = cmp.Or(c.Journal, ".erpbridge")
	c.Mode = cmp.Or(c.Mode, "0640")
	c.Keep = cmp.Or(c.Keep, 365*24*time.Hour)
	c.SFTP.Port = cmp.Or(c.SFTP.Port, 22)
	c.SFTP.Timeout = cmp.Or(c.SFTP.Timeout, 60*time.Second)
	c.Acks.Match = cmp.Or(c.Acks.Match, "*")
	c.Acks.Trigger = cmp.Or(c.Acks.Trigger, none)
	c.Acks.Settle = cmp.Or(c.Acks.Settle, 10*time.Second)
	return c
}

// shortestKeep is the least that keep may be: a dead letter is replayed after weeks.
const shortestKeep = 30 * 24 * time.Hour

// Check returns everything that is wrong with the settings, named as they are named
// below the setting that holds them.
func (c Config) Check() error {
	c = c.withDefaults()
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }

	remote := c.SFTP.Host != ""
	switch {
	case c.Dir == "" && !remote:
		wrong("dir is missing: the folder for files, or sftp.host")
	case c.Dir != "" && remote:
		wrong("dir and sftp exclude each other: the folder of a server is sftp.dir")
	case c.Dir != "" && !path.IsAbs(c.Dir):
		wrong("dir: %q is not an absolute path", c.Dir)
	}
	if remote {
		c.SFTP.check(wrong)
	}
	checkPattern("trigger", c.Trigger, wrong)
	checkPattern("manifest", c.Manifest, wrong)
	if c.Trigger != none && c.Trigger == c.Manifest {
		wrong("trigger and manifest are the same file")
	}
	if c.Temp != tempDot && c.Temp != tempSuffix {
		wrong("temp: %q is neither %s nor %s", c.Temp, tempDot, tempSuffix)
	}
	if j := path.Clean(c.Journal); path.IsAbs(j) || j == "." || strings.HasPrefix(j, "..") {
		wrong("journal: %q is not a folder below that of the files", c.Journal)
	}
	if _, err := c.mode(); err != nil {
		wrong("mode: %w", err)
	}
	if c.Keep < shortestKeep {
		wrong("keep: must be at least %s", shortestKeep)
	}
	c.Acks.check(c, wrong)
	if len(c.PGP.Recipients) == 0 && c.PGP.SignKeyFile != "" {
		wrong("pgp.recipients is missing: whose keys files are encrypted for")
	}
	if c.PGP.SignKeyFile == "" && c.PGP.Passphrase != "" {
		wrong("pgp.passphrase is of pgp.sign_key_file, which is missing")
	}
	return errors.Join(errs...)
}

func (c *SFTPConfig) check(wrong func(string, ...any)) {
	if c.Port < 1 || c.Port > 65535 {
		wrong("sftp.port: %d is not a port", c.Port)
	}
	if c.User == "" {
		wrong("sftp.user is missing")
	}
	if c.Password == "" && c.KeyFile == "" {
		wrong("sftp.key_file is missing, or sftp.password")
	}
	if c.Passphrase != "" && c.KeyFile == "" {
		wrong("sftp.passphrase is of sftp.key_file, which is missing")
	}
	switch {
	case c.KnownHosts == "" && c.HostKey == "":
		wrong("sftp.host_key is missing, or sftp.known_hosts: without the server's key anybody could be it")
	case c.KnownHosts != "" && c.HostKey != "":
		wrong("sftp.host_key and sftp.known_hosts exclude each other")
	}
	if c.Dir == "" {
		wrong("sftp.dir is missing: the folder for files")
	}
	if c.Timeout <= 0 {
		wrong("sftp.timeout: must be more than nought")
	}
}

func (c *AckConfig) check(of Config, wrong func(string, ...any)) {
	if c.Dir == "" {
		if c.Archive != "" {
			wrong("acks.dir is missing, and acks.archive is not")
		}
		return
	}
	if of.SFTP.Host == "" && !path.IsAbs(c.Dir) {
		wrong("acks.dir: %q is not an absolute path", c.Dir)
	}
	if of.SFTP.Host == "" && c.Archive != "" && !path.IsAbs(c.Archive) {
		wrong("acks.archive: %q is not an absolute path", c.Archive)
	}
	if c.Archive == c.Dir {
		wrong("acks.archive is acks.dir")
	}
	if _, err := path.Match(c.Match, ""); err != nil {
		wrong("acks.match: %q is not a pattern such as *.xml", c.Match)
	}
	checkPattern("acks.trigger", c.Trigger, wrong)
	if c.Settle <= 0 {
		wrong("acks.settle: must be more than nought")
	}
}

// checkPattern refuses names that are that of the data itself, or no name.
func checkPattern(setting, pattern string, wrong func(string, ...any)) {
	if pattern == none {
		return
	}
	made := expand(pattern, "a.b")
	switch {
	case !strings.Contains(pattern, "{name}") && !strings.Contains(pattern, "{base}"):
		wrong("%s: %q is neither none nor a name with {name} or {base} in it", setting, pattern)
	case !nameShape.MatchString(made):
		wrong("%s: %q does not make a file's name", setting, pattern)
	case made == "a.b" || made == "a":
		wrong("%s: %q is the name of the data", setting, pattern)
	case len(made) > 40:
		wrong("%s: %q is longer than 40 characters", setting, pattern)
	}
}

// expand makes a name of a pattern.
func expand(pattern, name string) string {
	return strings.NewReplacer("{name}", name, "{base}", strings.TrimSuffix(name, path.Ext(name))).Replace(pattern)
}

func (c *Config) mode() (fs.FileMode, error) {
	bits, err := strconv.ParseUint(c.Mode, 8, 32)
	if err != nil || bits > 0o777 || bits&0o600 != 0o600 {
		return 0, fmt.Errorf("%q are not permissions such as 0640 that let us read and write", c.Mode)
	}
	return fs.FileMode(bits), nil
}
