package main

import (
	"cmp"
	"log"
	"os"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
)

func call(r micro.Request) {
	if len(r.Data()) == 0 {
		_ = r.Error("400", "whom shall I greet?", nil)
		return
	}
	log.Print("somebody is greeted") // a line of `mote logs @NAME@`
	_ = r.Respond([]byte("Hello, " + string(r.Data()) + "!\n"))
}

// start serves what the node that runs the function says by variables; when it returns, the function answers.
func start(nc *nats.Conn) (micro.Service, error) {
	service, err := micro.AddService(nc, micro.Config{
		Name: cmp.Or(os.Getenv("OPENFAAS_NAME"), "@NAME@"), Version: "0.1.0",
		QueueGroup: cmp.Or(os.Getenv("MOTE_FUNCTION_QUEUE"), "fn"),
		Metadata:   map[string]string{"function.instance": os.Getenv("MOTE_FUNCTION_INSTANCE")},
	})
	if err != nil {
		return nil, err
	}
	subject := cmp.Or(os.Getenv("MOTE_FUNCTION_SUBJECT"), "fn.openfaas-fn.@NAME@")
	if err := service.AddEndpoint("call", micro.HandlerFunc(call), micro.WithEndpointSubject(subject)); err != nil {
		return nil, err
	}
	return service, nc.Flush()
}
