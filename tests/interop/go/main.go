// A service of nats.go, and a client of it that asks ours: see ../README.md for what it says.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nats.go/micro"
)

const patience = 10 * time.Second

type object = map[string]any

func main() {
	if len(os.Args) == 2 && os.Args[1] == "function" {
		if err := serveFunction(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: peer service URL | client URL CHECK... | function")
		os.Exit(2)
	}
	nc, err := nats.Connect(os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	if os.Args[1] == "service" {
		if err := serve(nc); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	failed := false
	for _, name := range os.Args[3:] {
		line := object{"check": name}
		if got, err := check(nc, name); err == nil {
			line["got"] = got
		} else {
			line["failed"] = err.Error()
			failed = true
		}
		text, _ := json.Marshal(line)
		fmt.Println(string(text))
	}
	if failed {
		os.Exit(1)
	}
}

func serve(nc *nats.Conn) error {
	service, err := micro.AddService(nc, micro.Config{
		Name: "PeerGo", Version: "1.0.0", Description: "a peer in go", Metadata: map[string]string{"language": "go"},
	})
	if err != nil {
		return err
	}
	echo := func(r micro.Request) { _ = r.Respond(r.Data()) }
	add := func(r micro.Request) {
		var in struct{ A, B int }
		if err := json.Unmarshal(r.Data(), &in); err != nil {
			_ = r.Error("400", err.Error(), nil)
			return
		}
		_ = r.RespondJSON(object{"sum": in.A + in.B})
	}
	fail := func(r micro.Request) { _ = r.Error("404", "no such thing", []byte("looked everywhere")) }
	group := service.AddGroup("peer")
	err = errors.Join(
		group.AddEndpoint("echo", micro.HandlerFunc(echo)),
		group.AddEndpoint("add", micro.HandlerFunc(add), micro.WithEndpointMetadata(map[string]string{"form": "json"})),
		group.AddEndpoint("fail", micro.HandlerFunc(fail), micro.WithEndpointQueueGroup("failures")),
		nc.Flush())
	if err != nil {
		return err
	}
	fmt.Println("READY")
	select {}
}

func check(nc *nats.Conn, name string) (object, error) {
	switch name {
	case "ping":
		var ping micro.Ping
		err := ask(nc, micro.PingVerb, &ping)
		return object{"type": ping.Type, "name": ping.Name, "version": ping.Version, "id": ping.ID, "metadata": ping.Metadata}, err
	case "info":
		return info(nc)
	case "stats":
		return stats(nc)
	case "endpoint":
		reply, err := nc.Request("echo", []byte("hello"), patience)
		if err != nil {
			return nil, err
		}
		return object{"body": string(reply.Data)}, nil
	case "typed":
		reply, err := nc.Request("add", []byte(`{"a":2,"b":3}`), patience)
		if err != nil {
			return nil, err
		}
		var out object
		err = json.Unmarshal(reply.Data, &out)
		return out, err
	case "error":
		reply, err := nc.Request("fail", nil, patience)
		if err != nil {
			return nil, err
		}
		return object{"code": reply.Header.Get(micro.ErrorCodeHeader), "text": reply.Header.Get(micro.ErrorHeader),
			"body": string(reply.Data)}, nil
	case "event":
		if err := nc.Publish("note", []byte("published")); err != nil {
			return nil, err
		}
		reply, err := nc.Request("note", []byte("asked"), patience)
		if err != nil {
			return nil, err
		}
		return object{"body": string(reply.Data)}, nil
	case "work":
		return work(nc)
	case "stream":
		return stream(nc)
	}
	return nil, fmt.Errorf("no check %q", name)
}

func ask(nc *nats.Conn, verb micro.Verb, into any) error {
	subject, err := micro.ControlSubject(verb, "Mote", "")
	if err != nil {
		return err
	}
	reply, err := nc.Request(subject, nil, patience)
	if err != nil {
		return err
	}
	return json.Unmarshal(reply.Data, into)
}

func info(nc *nats.Conn) (object, error) {
	var info micro.Info
	if err := ask(nc, micro.InfoVerb, &info); err != nil {
		return nil, err
	}
	endpoints := object{}
	for _, e := range info.Endpoints {
		endpoints[e.Name] = object{"subject": e.Subject, "queue_group": e.QueueGroup, "kind": e.Metadata["mote.kind"]}
	}
	return object{"type": info.Type, "description": info.Description, "endpoints": endpoints}, nil
}

func stats(nc *nats.Conn) (object, error) {
	var stats micro.Stats
	if err := ask(nc, micro.StatsVerb, &stats); err != nil {
		return nil, err
	}
	endpoints := object{}
	for _, e := range stats.Endpoints {
		endpoints[e.Name] = object{"requests": e.NumRequests, "errors": e.NumErrors, "last_error": e.LastError}
	}
	return object{"type": stats.Type, "endpoints": endpoints}, nil
}

func work(nc *nats.Conn) (object, error) {
	if err := nc.Publish("jobs.do", []byte("published")); err != nil {
		return nil, err
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ack, err := js.Publish(ctx, "jobs.do", []byte("acknowledged"))
	if err != nil {
		return nil, err
	}
	return object{"stream": ack.Stream, "sequence": ack.Sequence}, nil
}

func stream(nc *nats.Conn) (object, error) {
	inbox := nats.NewInbox()
	replies, err := nc.SubscribeSync(inbox)
	if err != nil {
		return nil, err
	}
	defer func() { _ = replies.Unsubscribe() }()
	if err := nc.PublishRequest("count", inbox, []byte("3")); err != nil {
		return nil, err
	}
	items := []string{}
	for {
		reply, err := replies.NextMsg(patience)
		if err != nil {
			return nil, err
		}
		if end := reply.Header.Get("Mote-Stream-End"); end != "" {
			return object{"items": items, "end": end}, nil
		}
		items = append(items, reply.Header.Get("Mote-Stream-Seq")+"="+string(reply.Data))
	}
}
