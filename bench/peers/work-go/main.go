// The peer of bench/work.cpp: a Consume loop of nats.go with explicit acks, on the stream BENCH.
// Prints messages/s, CPU ns a message, from the first message until the server has all acks, and the longest wait for a
// message in ms: a pull that got lost shows there.
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "work-go:", err)
		os.Exit(1)
	}
}

func cpu() time.Duration {
	var used syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: work-go nats://HOST:PORT MAX_MESSAGES COUNT")
		os.Exit(2)
	}
	maxMessages, err := strconv.Atoi(os.Args[2])
	check(err)
	count, err := strconv.Atoi(os.Args[3])
	check(err)
	connection, err := nats.Connect(os.Args[1])
	check(err)
	js, err := jetstream.New(connection)
	check(err)
	consumer, err := js.CreateOrUpdateConsumer(context.Background(), "BENCH",
		jetstream.ConsumerConfig{Durable: "work-go", AckPolicy: jetstream.AckExplicitPolicy})
	check(err)
	var began, last time.Time
	var longest time.Duration
	var before time.Duration
	seen := 0
	done := make(chan struct{})
	loop, err := consumer.Consume(func(message jetstream.Msg) {
		if seen == 0 {
			began, before = time.Now(), cpu()
			last = began
		}
		now := time.Now()
		longest = max(longest, now.Sub(last))
		last = now
		check(message.Ack())
		if seen++; seen == count {
			close(done)
		}
	}, jetstream.PullMaxMessages(maxMessages))
	check(err)
	select {
	case <-done:
	case <-time.After(2 * time.Minute):
		check(fmt.Errorf("only %d messages came", seen))
	}
	check(connection.Flush())
	taken := time.Since(began)
	fmt.Printf("%.0f %d %d\n", float64(count)/taken.Seconds(), int64(cpu()-before)/int64(count), longest.Milliseconds())
	loop.Stop()
}
