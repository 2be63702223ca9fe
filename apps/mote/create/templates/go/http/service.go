package main

import (
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
)

// By HTTP the data is the name of the path.
func greet(r micro.Request) {
	if len(r.Data()) == 0 {
		_ = r.Error("400", "whom shall I greet?", nil)
		return
	}
	greeting := map[string]string{"text": "Hello, " + string(r.Data()) + "!"}
	_ = r.RespondJSON(greeting, micro.WithHeaders(micro.Headers{"Content-Type": {"application/json"}}))
}

// start starts the service; when it returns, the service answers.
func start(nc *nats.Conn) (micro.Service, error) {
	service, err := micro.AddService(nc, micro.Config{
		Name: "@NAME@", Version: "0.1.0", Description: "Greets who is named",
	})
	if err != nil {
		return nil, err
	}
	// A gateway serves what names a route (`mote up` has one on 127.0.0.1:8080).
	route := micro.WithEndpointMetadata(map[string]string{"http.route": "GET /@NAME@/greet/{name}"})
	if err := service.AddGroup("@NAME@").AddEndpoint("greet", micro.HandlerFunc(greet), route); err != nil {
		return nil, err
	}
	return service, nc.Flush()
}
