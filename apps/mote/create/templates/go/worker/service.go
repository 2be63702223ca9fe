package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nats.go/micro"
)

// What is published here is kept in the stream until it is done.
const (
	subject = "@NAME@.send"
	stream  = "@NAME@_send"
	tries   = 5
)

type letter struct {
	To   string `json:"to"`
	Text string `json:"text"`
}

// deliver does the work. What fails is tried again, so it should do no harm to do a letter twice.
func deliver(l letter) error {
	fmt.Printf("to %s: %s\n", l.To, l.Text)
	return nil
}

type worker struct {
	work       func(letter) error
	retryAfter time.Duration
	delivered  atomic.Int64
	letters    jetstream.ConsumeContext
	service    micro.Service
}

func (w *worker) do(message jetstream.Msg) {
	var l letter
	if err := json.Unmarshal(message.Data(), &l); err != nil || l.To == "" {
		log.Printf("given up, it says not to whom: %q", message.Data())
		_ = message.Term() // no try would help
		return
	}
	if err := w.work(l); err != nil {
		log.Printf("to be tried again: %v", err)
		_ = message.NakWithDelay(w.retryAfter)
		return
	}
	w.delivered.Add(1)
	_ = message.Ack()
}

// Stop finishes the letters that were begun; the others stay in the stream.
func (w *worker) Stop() error {
	w.letters.Drain()
	<-w.letters.Closed()
	return w.service.Stop()
}

// start starts the service; when it returns, letters are kept and delivered.
func start(nc *nats.Conn) (*worker, error) { return startWith(nc, deliver, time.Second) }

func startWith(nc *nats.Conn, work func(letter) error, retryAfter time.Duration) (*worker, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, err
	}
	kept, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: stream, Subjects: []string{subject}, Retention: jetstream.WorkQueuePolicy,
	})
	if err != nil {
		return nil, err
	}
	consumer, err := kept.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable: stream, AckPolicy: jetstream.AckExplicitPolicy, AckWait: 30 * time.Second, MaxDeliver: tries,
	})
	if err != nil {
		return nil, err
	}
	w := &worker{work: work, retryAfter: retryAfter}
	if w.letters, err = consumer.Consume(w.do, jetstream.PullMaxMessages(8)); err != nil {
		return nil, err
	}
	// Makes it a micro service: `mote ls` has it, and says how many were delivered.
	w.service, err = micro.AddService(nc, micro.Config{Name: "@NAME@", Version: "0.1.0", Description: "Delivers letters"})
	if err != nil {
		return nil, err
	}
	tell := func(r micro.Request) { _ = r.Respond([]byte(strconv.FormatInt(w.delivered.Load(), 10))) }
	return w, errors.Join(w.service.AddGroup("@NAME@").AddEndpoint("delivered", micro.HandlerFunc(tell)), nc.Flush())
}
