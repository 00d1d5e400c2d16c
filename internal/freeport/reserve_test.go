package freeport

import (
	"bufio"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// TestMain is also the other process of the test below: it reserves a port, says what
// came of it and stays until its input ends.
func TestMain(m *testing.M) {
	port, err := strconv.Atoi(os.Getenv("FREEPORT_RESERVE"))
	if err != nil {
		os.Exit(m.Run())
	}
	mine, err := reserve(port)
	_, _ = os.Stdout.WriteString(strconv.FormatBool(mine && err == nil) + "\n")
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
}

// another starts a process that tries to reserve port, and returns whether it could, and
// how to end it.
func another(t *testing.T, port int) (could bool, end func()) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), "FREEPORT_RESERVE="+strconv.Itoa(port))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(said) == "true", func() {
		_ = in.Close()
		_ = cmd.Wait()
	}
}

func TestAPortIsOneProcess(t *testing.T) {
	port := 1<<16 + rand.IntN(1<<30) // none that Listen looks at
	could, end := another(t, port)
	if !could {
		t.Fatal("the other process could not have a port that nobody had")
	}
	if mine, err := reserve(port); mine || err != nil {
		t.Errorf("another process has it: %t, %v", mine, err)
	}
	end()
	if mine, err := reserve(port); !mine || err != nil {
		t.Errorf("the other process has ended: %t, %v", mine, err)
	}
	if mine, err := reserve(port); mine || err != nil {
		t.Errorf("a second time: %t, %v", mine, err)
	}
	could, end = another(t, port)
	defer end()
	if could {
		t.Error("the other process could have what is this one's")
	}
}
