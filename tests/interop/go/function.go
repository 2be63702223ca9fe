package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/signal"
	"syscall"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
)

// As a function of mode micro: a node says by variables where to connect and what to serve.
func serveFunction() error {
	closed := make(chan struct{})
	nc, err := nats.Connect(os.Getenv("NATS_URL"), nats.ClosedHandler(func(*nats.Conn) { close(closed) }))
	if err != nil {
		return err
	}
	service, err := micro.AddService(nc, micro.Config{
		Name: os.Getenv("OPENFAAS_NAME"), Version: "1.0.0", QueueGroup: os.Getenv("MOTE_FUNCTION_QUEUE"),
		Metadata: map[string]string{"language": "go", "function.instance": os.Getenv("MOTE_FUNCTION_INSTANCE")},
	})
	if err != nil {
		return err
	}
	err = errors.Join(
		service.AddEndpoint("call", micro.HandlerFunc(answer), micro.WithEndpointSubject(os.Getenv("MOTE_FUNCTION_SUBJECT"))),
		nc.Flush())
	if err != nil {
		return err
	}
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGTERM)
	<-told
	if err = nc.Drain(); err != nil { // what it was asked already is answered
		return err
	}
	<-closed
	return nil
}

func answer(r micro.Request) {
	asked := r.Headers()
	switch asked.Get("Http-Path") {
	case "/missing":
		_ = r.Error("404", "no such thing", nil)
	case "/bytes":
		_ = r.Respond(r.Data(), micro.WithHeaders(micro.Headers{
			"Http-Status": {"201"}, "Content-Type": {"image/x-peer"}, "X-Peer": {"go"}}))
	default:
		told, _ := json.Marshal(object{
			"language": "go", "method": asked.Get("Http-Method"), "path": asked.Get("Http-Path"),
			"query": asked.Get("Http-Query"), "thing": asked.Get("X-Thing"), "body": string(r.Data())})
		_ = r.Respond(told, micro.WithHeaders(micro.Headers{"Content-Type": {"application/json"}}))
	}
}
