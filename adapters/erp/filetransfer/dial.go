package filetransfer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// concurrency is how many writes of a file are on their way at once.
const concurrency = 16

// keepalive is how often a server is asked whether it is there; not to answer until the
// next time is not to be there.
const keepalive = 30 * time.Second

// dialer connects to one server.
type dialer struct {
	conf     SFTPConfig
	auth     []ssh.AuthMethod
	callback ssh.HostKeyCallback
	keys     []ssh.PublicKey // that the server may have
	// extra is for servers whose abilities are not what they say.
	extra []sftp.ClientOption
	alive time.Duration
}

func newDialer(conf SFTPConfig) (*dialer, error) {
	d := &dialer{conf: conf, alive: keepalive}
	if conf.KeyFile != "" {
		signer, err := readIdentity(conf)
		if err != nil {
			return nil, err
		}
		d.auth = append(d.auth, ssh.PublicKeys(signer))
	}
	if conf.Password != "" {
		password := string(conf.Password)
		d.auth = append(d.auth, ssh.Password(password), ssh.KeyboardInteractive(
			func(_, _ string, questions []string, echos []bool) ([]string, error) {
				answers := make([]string, len(questions))
				for i := range questions {
					if !echos[i] { // what is not to be seen is the password
						answers[i] = password
					}
				}
				return answers, nil
			}))
	}
	return d, d.pin()
}

// readIdentity reads our private key.
func readIdentity(conf SFTPConfig) (ssh.Signer, error) {
	pem, err := os.ReadFile(conf.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("sftp.key_file: %w", err)
	}
	var signer ssh.Signer
	if conf.Passphrase != "" {
		signer, err = ssh.ParsePrivateKeyWithPassphrase(pem, []byte(conf.Passphrase))
	} else {
		signer, err = ssh.ParsePrivateKey(pem)
	}
	var locked *ssh.PassphraseMissingError
	switch {
	case errors.As(err, &locked):
		return nil, fmt.Errorf("sftp.key_file: %s wants a sftp.passphrase", conf.KeyFile)
	case err != nil:
		return nil, fmt.Errorf("sftp.key_file: there is no private key in %s: %w", conf.KeyFile, err)
	}
	return signer, nil
}

func (d *dialer) address() string {
	return net.JoinHostPort(d.conf.Host, strconv.Itoa(d.conf.Port))
}

// pin reads the keys that the server may have.
func (d *dialer) pin() error {
	if d.conf.KnownHosts != "" {
		known, err := knownhosts.New(d.conf.KnownHosts)
		if err != nil {
			return fmt.Errorf("sftp.known_hosts: %w", err)
		}
		d.callback = known
		// What it knows of this server it tells when it is shown a key it does not know.
		var unknown *knownhosts.KeyError
		if err := known(d.address(), &net.TCPAddr{}, nobody{}); errors.As(err, &unknown) {
			for _, key := range unknown.Want {
				d.keys = append(d.keys, key.Key)
			}
		}
		if len(d.keys) == 0 {
			return fmt.Errorf("sftp.known_hosts: %s does not know %s", d.conf.KnownHosts, d.address())
		}
		return nil
	}
	for line := range strings.Lines(d.conf.HostKey) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
		if err != nil {
			return errors.New(`sftp.host_key: is not a public key such as "ssh-ed25519 AAAA..."`)
		}
		d.keys = append(d.keys, key)
	}
	if len(d.keys) == 0 {
		return errors.New("sftp.host_key is missing")
	}
	d.callback = func(_ string, _ net.Addr, key ssh.PublicKey) error {
		for _, ours := range d.keys {
			if string(ours.Marshal()) == string(key.Marshal()) {
				return nil
			}
		}
		return errors.New("it is none of sftp.host_key")
	}
	return nil
}

// nobody is a key that no server has.
type nobody struct{}

func (nobody) Type() string                        { return "none" }
func (nobody) Marshal() []byte                     { return []byte("none") }
func (nobody) Verify([]byte, *ssh.Signature) error { return errors.New("nobody signs") }

// algorithms are those of the pinned keys: of several keys a server shows the one that is
// asked for first, which has to be one we know.
func (d *dialer) algorithms() []string {
	var all []string
	for _, key := range d.keys {
		names := []string{key.Type()}
		if key.Type() == ssh.KeyAlgoRSA {
			names = []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256} // the same key, a better signature
		}
		for _, name := range names {
			if !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	return all
}

// dial connects and logs in. What goes on for the connection until it ends is counted in
// wg.
func (d *dialer) dial(ctx context.Context, wg *sync.WaitGroup) (*link, error) {
	const op = "filetransfer.dial"
	var way net.Dialer
	conn, err := way.DialContext(ctx, "tcp", d.address())
	if err != nil {
		return nil, fmt.Errorf("connecting: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	var changed error
	client, chans, requests, err := ssh.NewClientConn(conn, d.address(), &ssh.ClientConfig{
		User: d.conf.User,
		Auth: d.auth,
		HostKeyCallback: func(host string, addr net.Addr, key ssh.PublicKey) error {
			if err := d.callback(host, addr, key); err != nil {
				changed = fmt.Errorf("the host key of %s, %s %s, is not the pinned one: %w", d.address(), key.Type(), ssh.FingerprintSHA256(key), err)
				return changed
			}
			return nil
		},
		HostKeyAlgorithms: d.algorithms(),
	})
	if err != nil {
		_ = conn.Close() // it may be so already
		var unlike *ssh.AlgorithmNegotiationError
		switch {
		case ctx.Err() != nil:
			return nil, fmt.Errorf("connecting: %w", ctx.Err())
		case changed != nil:
			return nil, refused(op, changed)
		case errors.As(err, &unlike):
			return nil, refused(op, fmt.Errorf("%s has no host key of the pinned kind, or nothing else in common: %w", d.address(), err))
		case strings.Contains(err.Error(), "unable to authenticate"), strings.Contains(err.Error(), "uthentication failure"):
			return nil, refused(op, fmt.Errorf("%s does not let us in: %w", d.address(), err))
		}
		return nil, fmt.Errorf("connecting: %w", err)
	}
	return d.begin(ssh.NewClient(client, chans, requests), wg)
}

// begin starts SFTP on a connection.
func (d *dialer) begin(conn *ssh.Client, wg *sync.WaitGroup) (*link, error) {
	client, err := sftp.NewClient(conn, append([]sftp.ClientOption{sftp.UseConcurrentWrites(true)}, d.extra...)...)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting SFTP: %w", err), conn.Close())
	}
	_, syncs := client.HasExtension("fsync@openssh.com")
	l := &link{conn: conn, client: client, syncs: syncs, ended: make(chan struct{})}
	wg.Go(func() {
		_ = client.Wait() // why it ended, the calls learn
		close(l.ended)
		_ = conn.Close()
		_ = conn.Wait()
	})
	wg.Go(func() { l.keepAlive(d.alive) })
	return l, nil
}

// link is a connection.
type link struct {
	conn   *ssh.Client
	client *sftp.Client
	syncs  bool // the server offers fsync@openssh.com
	late   atomic.Bool
	once   sync.Once
	ended  chan struct{}
}

// cut ends the connection, and with it whatever waits for an answer.
func (l *link) cut() {
	l.once.Do(func() { _ = l.conn.Close() })
}

// answers reports whether the server is still there: many end what is idle for long.
func (l *link) answers() bool {
	_, err := l.client.RealPath(".")
	return err == nil
}

// expire cuts the connection because a call took too long.
func (l *link) expire() {
	l.late.Store(true)
	l.cut()
}

func (l *link) timedOut() bool { return l.late.Load() }

// keepAlive asks the server from time to time whether it is there, until the connection
// ends. A server that says nothing at all for that long is not.
func (l *link) keepAlive(every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-l.ended:
			return
		case <-tick.C:
		}
		late := time.AfterFunc(every, l.cut)
		_, _, err := l.conn.SendRequest("keepalive@openssh.com", true, nil)
		late.Stop()
		if err != nil {
			l.cut()
			return
		}
	}
}
