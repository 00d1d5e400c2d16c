package filetransfer

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// server is an SSH server whose SFTP is either that of the library or OpenSSH's own.
type server struct {
	t        *testing.T
	listener net.Listener
	signer   ssh.Signer
	password string
	user     ssh.PublicKey // that is let in
	asks     bool          // for the password, instead of taking it
	serve    func(ch ssh.Channel)

	mu    sync.Mutex
	conns map[net.Conn]bool
	count int   // connections there have been
	cutAt int64 // after so many bytes to the client a connection is cut; 0: never
	sent  int64
	wg    sync.WaitGroup
}

// peers are the servers everything is tried against.
var peers = map[string]func(t *testing.T) func(ssh.Channel){
	"library": func(*testing.T) func(ssh.Channel) {
		return func(ch ssh.Channel) {
			s, err := sftp.NewServer(ch)
			if err != nil {
				return
			}
			_ = s.Serve()
			_ = s.Close()
		}
	},
	"OpenSSH": func(t *testing.T) func(ssh.Channel) { return program(openSSH(t)) },
}

// openSSH is the program of OpenSSH that serves SFTP over a pipe.
func openSSH(t *testing.T) string {
	t.Helper()
	for _, at := range []string{os.Getenv("ERPBRIDGE_SFTP_SERVER"), "/usr/lib/openssh/sftp-server", "/usr/libexec/sftp-server"} {
		if at == "" {
			continue
		}
		if _, err := os.Stat(at); err == nil {
			return at
		}
	}
	t.Fatal("OpenSSH's sftp-server is not installed: run `sudo apt-get install openssh-sftp-server`")
	return ""
}

// program serves with a program that speaks SFTP on its standard input and output.
func program(name string, args ...string) func(ssh.Channel) {
	return func(ch ssh.Channel) {
		cmd := exec.Command(name, args...) // #nosec G204 -- a test
		cmd.Stdout = ch
		in, err := cmd.StdinPipe()
		if err != nil {
			return
		}
		if err := cmd.Start(); err != nil {
			return
		}
		_, _ = io.Copy(in, ch) // until the client has gone
		_ = in.Close()
		_ = cmd.Wait()
	}
}

func newPrivate(t *testing.T) ed25519.PrivateKey {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return private
}

func newKey(t *testing.T) ssh.Signer {
	t.Helper()
	signer, err := ssh.NewSignerFromKey(newPrivate(t))
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// serve starts a server.
func serve(t *testing.T, sftp func(ssh.Channel)) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, listener: l, signer: newKey(t), password: "let me in", serve: sftp, conns: map[net.Conn]bool{}}
	s.wg.Go(s.accept)
	t.Cleanup(func() {
		_ = l.Close()
		s.cutAll()
		s.wg.Wait()
	})
	return s
}

func (s *server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[conn] = true
		s.count++
		s.mu.Unlock()
		s.wg.Go(func() { s.handle(conn) })
	}
}

// change changes what the next connection meets.
func (s *server) change(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do()
}

func (s *server) cutAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.conns {
		_ = conn.Close()
	}
}

// stingy is a connection that is cut after some bytes were written to it.
type stingy struct {
	net.Conn
	s *server
}

func (c stingy) Write(b []byte) (int, error) {
	c.s.mu.Lock()
	c.s.sent += int64(len(b))
	over := c.s.cutAt > 0 && c.s.sent > c.s.cutAt
	c.s.mu.Unlock()
	if over {
		_ = c.Close()
		return 0, errors.New("cut")
	}
	return c.Conn.Write(b)
}

func (s *server) handle(conn net.Conn) {
	defer func() {
		_ = conn.Close()
		s.mu.Lock()
		delete(s.conns, conn)
		s.mu.Unlock()
	}()
	s.mu.Lock()
	signer, user, asks := s.signer, s.user, s.asks
	s.mu.Unlock()
	conf := &ssh.ServerConfig{
		PasswordCallback: func(_ ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			if string(password) != s.password {
				return nil, errors.New("no")
			}
			return nil, nil
		},
		PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if user == nil || !bytes.Equal(key.Marshal(), user.Marshal()) {
				return nil, errors.New("no")
			}
			return nil, nil
		},
	}
	if asks {
		conf.PasswordCallback = nil
		conf.KeyboardInteractiveCallback = func(_ ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
			answers, err := ask("", "", []string{"Your name?", "Password:"}, []bool{true, false})
			if err != nil || answers[0] != "" || answers[1] != s.password {
				return nil, errors.New("no")
			}
			return nil, nil
		}
	}
	conf.AddHostKey(signer)
	server, channels, requests, err := ssh.NewServerConn(stingy{conn, s}, conf)
	if err != nil {
		return
	}
	s.wg.Go(func() { ssh.DiscardRequests(requests) })
	for open := range channels {
		ch, requests, err := open.Accept()
		if err != nil {
			continue
		}
		s.wg.Go(func() {
			for r := range requests {
				_ = r.Reply(r.Type == "subsystem" && strings.HasSuffix(string(r.Payload), "sftp"), nil)
			}
		})
		s.wg.Go(func() {
			s.serve(ch)
			_ = ch.Close()
		})
	}
	_ = server.Wait()
}

// config is that of a client that the server takes.
func (s *server) config(dir string) Config {
	addr, ok := s.listener.Addr().(*net.TCPAddr)
	if !ok {
		s.t.Fatal("no TCP")
	}
	c := announced("")
	c.SFTP = SFTPConfig{
		Host: "127.0.0.1", Port: addr.Port, User: "bridge", Password: Secret(s.password), Dir: dir, Timeout: 20 * time.Second,
		HostKey: string(ssh.MarshalAuthorizedKey(s.signer.PublicKey())),
	}
	return c
}

// writeFile writes a file for a test.
func writeFile(t *testing.T, at string, body []byte) string {
	t.Helper()
	if err := os.WriteFile(at, body, 0o600); err != nil {
		t.Fatal(err)
	}
	return at
}

// inDir is a path in a new folder.
func inDir(t *testing.T, name string) string {
	t.Helper()
	return filepath.Join(t.TempDir(), name)
}
