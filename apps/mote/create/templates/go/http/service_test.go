package main

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
)

func ask(t *testing.T, data string) *nats.Msg {
	t.Helper()
	nc := connectToServer(t)
	if _, err := start(nc); err != nil {
		t.Fatal(err)
	}
	reply, err := nc.Request("@NAME@.greet", []byte(data), 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

func TestGreetsWhoIsNamed(t *testing.T) {
	if got := string(ask(t, "World").Data); got != `{"text":"Hello, World!"}` {
		t.Errorf("got %q", got)
	}
}

func TestAsksForAName(t *testing.T) {
	if got := ask(t, "").Header.Get(micro.ErrorCodeHeader); got != "400" {
		t.Errorf("got %q", got)
	}
}
