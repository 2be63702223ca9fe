package main

import (
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
)

func greet(r micro.Request) {
	if len(r.Data()) == 0 {
		_ = r.Error("400", "whom shall I greet?", nil)
		return
	}
	_ = r.Respond([]byte("Hello, " + string(r.Data()) + "!"))
}

// start starts the service; when it returns, the service answers.
func start(nc *nats.Conn) (micro.Service, error) {
	service, err := micro.AddService(nc, micro.Config{
		Name: "@NAME@", Version: "0.1.0", Description: "Greets who is named",
	})
	if err != nil {
		return nil, err
	}
	if err := service.AddGroup("@NAME@").AddEndpoint("greet", micro.HandlerFunc(greet)); err != nil {
		return nil, err
	}
	return service, nc.Flush()
}
