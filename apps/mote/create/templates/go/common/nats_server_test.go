package main

import (
	"cmp"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

// connectToServer starts a real nats-server on a free port, with JetStream, and connects to it; both end with the test.
// MOTE_TEST_NATS_SERVER may name another program than the nats-server in PATH.
func connectToServer(t *testing.T) *nats.Conn {
	t.Helper()
	directory := t.TempDir()
	program := cmp.Or(os.Getenv("MOTE_TEST_NATS_SERVER"), installedServer(t))
	server := exec.Command(program, "-a", "127.0.0.1", "-p", "-1", "-js", "-sd", directory, "--ports_file_dir", directory)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	nc, err := nats.Connect(waitForURL(t, directory))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

func installedServer(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"nats-server", "/usr/local/bin/nats-server", "/usr/sbin/nats-server"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("there is no nats-server in PATH")
	return ""
}

// The server writes its addresses into a file when it listens.
func waitForURL(t *testing.T, directory string) string {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		files, _ := filepath.Glob(filepath.Join(directory, "*.ports"))
		for _, file := range files {
			text, _ := os.ReadFile(file)
			var ports struct{ Nats []string }
			if json.Unmarshal(text, &ports) == nil && len(ports.Nats) > 0 {
				return ports.Nats[0]
			}
		}
	}
	t.Fatal("nats-server does not start")
	return ""
}
