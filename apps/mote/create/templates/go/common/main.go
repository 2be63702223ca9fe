// Runs the service until SIGINT or SIGTERM; what was begun is finished.
package main

import (
	"cmp"
	"errors"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/nats-io/nats.go"
)

func main() {
	log.SetFlags(0)
	closed := make(chan struct{})
	nc, err := nats.Connect(cmp.Or(os.Getenv("NATS_URL"), nats.DefaultURL), nats.Name("@NAME@"),
		nats.MaxReconnects(-1), nats.ClosedHandler(func(*nats.Conn) { close(closed) }))
	if err != nil {
		log.Fatal(err)
	}
	running, err := start(nc)
	if err != nil {
		log.Fatal(err)
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	<-signals
	if err := errors.Join(running.Stop(), nc.Drain()); err != nil {
		log.Fatal(err)
	}
	<-closed
}
