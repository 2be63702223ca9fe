package main

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// send has one letter sent, and waits until `work` has written to `done`.
func send(t *testing.T, work func(letter) error, done <-chan struct{}) {
	t.Helper()
	nc := connectToServer(t)
	running, err := startWith(nc, work, 50*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = running.Stop() }()
	kept, err := nc.Request("@NAME@.send", []byte(`{"to": "Ada", "text": "Hello!"}`), 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(kept.Data), `"stream":"@NAME@_send"`) {
		t.Errorf("not kept: %s", kept.Data)
	}
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Error("it was not delivered")
	}
}

func TestDeliversALetterThatIsKept(t *testing.T) {
	done := make(chan struct{}, 1)
	work := func(l letter) error {
		if l.To != "Ada" {
			t.Errorf("got %v", l)
		}
		done <- struct{}{}
		return nil
	}
	send(t, work, done)
}

func TestTriesAgainWhatFailed(t *testing.T) {
	done := make(chan struct{}, 1)
	calls := 0
	work := func(letter) error {
		if calls++; calls == 1 {
			return errors.New("the post office is closed")
		}
		done <- struct{}{}
		return nil
	}
	send(t, work, done)
}
