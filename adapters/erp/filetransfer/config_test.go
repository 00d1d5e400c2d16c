package filetransfer

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestCheck(t *testing.T) {
	local := Config{Dir: "/srv/out", Trigger: "{name}.done", Manifest: "{name}.json", Acks: AckConfig{Dir: "/srv/in", Archive: "/srv/done"}}
	remote := Config{SFTP: SFTPConfig{Host: "files.example", User: "bridge", Password: "x", HostKey: "ssh-ed25519 AAAA", Dir: "in"}}
	for name, c := range map[string]Config{"local": local, "remote": remote} {
		if err := c.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !c.Set() {
			t.Errorf("%s is not set", name)
		}
	}
	if nothing := (Config{}); nothing.Set() {
		t.Error("nothing is set")
	}
	for _, tt := range []struct {
		of   Config
		with func(*Config)
		want string
	}{
		{local, func(c *Config) { c.Dir = "" }, "dir is missing"},
		{local, func(c *Config) { c.Dir = "out" }, "dir: "},
		{remote, func(c *Config) { c.Dir = "/srv/out" }, "dir and sftp exclude"},
		{local, func(c *Config) { c.Trigger = "done" }, "trigger: "},
		{local, func(c *Config) { c.Trigger = "{name}" }, "trigger: "},
		{local, func(c *Config) { c.Trigger = "{base}" }, "trigger: "},
		{local, func(c *Config) { c.Trigger = "go/{name}" }, "trigger: "},
		{local, func(c *Config) { c.Trigger = "{name}." + strings.Repeat("x", 40) }, "trigger: "},
		{local, func(c *Config) { c.Manifest = "x" }, "manifest: "},
		{local, func(c *Config) { c.Manifest = c.Trigger }, "trigger and manifest are the same"},
		{local, func(c *Config) { c.Temp = "tmp" }, "temp: "},
		{local, func(c *Config) { c.Journal = "../journal" }, "journal: "},
		{local, func(c *Config) { c.Journal = "." }, "journal: "},
		{local, func(c *Config) { c.Journal = "/srv/journal" }, "journal: "},
		{local, func(c *Config) { c.Mode = "rw" }, "mode: "},
		{local, func(c *Config) { c.Mode = "0444" }, "mode: "},
		{local, func(c *Config) { c.Keep = time.Hour }, "keep: "},
		{local, func(c *Config) { c.Acks.Dir = "in" }, "acks.dir: "},
		{local, func(c *Config) { c.Acks.Dir = "" }, "acks.dir is missing"},
		{local, func(c *Config) { c.Acks.Archive = "done" }, "acks.archive: "},
		{local, func(c *Config) { c.Acks.Archive = "/srv/in" }, "acks.archive is acks.dir"},
		{local, func(c *Config) { c.Acks.Match = "[" }, "acks.match: "},
		{local, func(c *Config) { c.Acks.Trigger = "done" }, "acks.trigger: "},
		{local, func(c *Config) { c.Acks.Settle = -1 }, "acks.settle: "},
		{local, func(c *Config) { c.PGP.SignKeyFile = "key" }, "pgp.recipients is missing"},
		{local, func(c *Config) { c.PGP.Passphrase = "x" }, "pgp.passphrase is of"},
		{remote, func(c *Config) { c.SFTP.Port = 70000 }, "sftp.port: "},
		{remote, func(c *Config) { c.SFTP.User = "" }, "sftp.user is missing"},
		{remote, func(c *Config) { c.SFTP.Password = "" }, "sftp.key_file is missing"},
		{remote, func(c *Config) { c.SFTP.Passphrase = "x" }, "sftp.passphrase is of"},
		{remote, func(c *Config) { c.SFTP.HostKey = "" }, "sftp.host_key is missing"},
		{remote, func(c *Config) { c.SFTP.KnownHosts = "/etc/known" }, "sftp.host_key and sftp.known_hosts"},
		{remote, func(c *Config) { c.SFTP.Dir = "" }, "sftp.dir is missing"},
		{remote, func(c *Config) { c.SFTP.Timeout = -1 }, "sftp.timeout: "},
	} {
		c := tt.of
		tt.with(&c)
		err := c.Check()
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", tt.want, err)
		}
		if _, err := Open(c); err == nil {
			t.Errorf("%s: it opens", tt.want)
		}
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	c := Config{SFTP: SFTPConfig{Password: "hunter2", Passphrase: "hunter2"}, PGP: PGPConfig{Passphrase: "hunter2"}}
	told, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{fmt.Sprint(c), fmt.Sprintf("%+v %#v %q %x", c, c, c.PGP.Passphrase, c.SFTP.Password), c.SFTP.Password.String(), string(told)} {
		if strings.Contains(s, "hunter2") || strings.Contains(s, "68756e74657232") {
			t.Errorf("it prints: %s", s)
		}
	}
	if v, err := c.SFTP.Password.MarshalYAML(); err != nil || v != "***" {
		t.Error(v, err)
	}
}

func TestExpand(t *testing.T) {
	for _, tt := range [][3]string{
		{"{name}.done", "a.xml", "a.xml.done"},
		{"{base}.trg", "a.xml", "a.trg"},
		{"{base}.trg", "a.b.xml", "a.b.trg"},
		{"{base}.trg", "a", "a.trg"},
		{"go_{name}", "a.xml", "go_a.xml"},
	} {
		if got := expand(tt[0], tt[1]); got != tt[2] {
			t.Errorf("%s of %s is %s", tt[0], tt[1], got)
		}
	}
}
