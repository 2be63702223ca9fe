// The peer of bench/client.cpp: the same cases with nats.go, and the same output: messages (or operations)/s, CPU ns of
// each, peak of resident memory in kB.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	subject = "bench.client"
	stream  = "BENCHCLIENT"
	stored  = "bench.stored" // the stream's own: it answers, too
	keys    = 1000
)

var (
	nc      *nats.Conn
	js      jetstream.JetStream
	count   int
	size    int
	window  int
	payload []byte
	ctx     = context.Background()
	storage = jetstream.MemoryStorage
	kept    = stream // the name of the bucket or store
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "client-go:", err)
		os.Exit(1)
	}
}

func usage() syscall.Rusage {
	var used syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return used
}

func cpu() int64 {
	used := usage()
	return used.Utime.Nano() + used.Stime.Nano()
}

type meter struct {
	began time.Time
	cpu   int64
}

func measure() meter { return meter{time.Now(), cpu()} }

func (m meter) print(things, costed float64) {
	taken := time.Since(m.began).Seconds()
	used := cpu() - m.cpu
	rss := usage().Maxrss
	fmt.Printf("%.0f %.1f %d\n", things/taken, float64(used)/costed, rss)
}

func pub() {
	m := measure()
	for i := 0; i < count; i++ {
		check(nc.Publish(subject, payload))
	}
	check(nc.Flush())
	m.print(float64(count), float64(count))
}

func sub() {
	done := make(chan struct{})
	seen := 0
	var m meter
	receiving, err := nc.Subscribe(subject, func(*nats.Msg) {
		if seen == 0 {
			m = measure()
		}
		seen++
		if seen == count {
			close(done)
		}
	})
	check(err)
	check(receiving.SetPendingLimits(-1, -1))
	check(nc.Flush())
	check(nc.Publish("bench.ready", nil))
	select {
	case <-done:
	case <-time.After(2 * time.Minute):
		check(fmt.Errorf("only %d came", seen))
	}
	m.print(float64(count), float64(count))
}

// sideBySide has window goroutines that do one operation after the other.
func sideBySide(one func(number int)) {
	var next atomic.Int64
	var wait sync.WaitGroup
	m := measure()
	for range window {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for {
				number := int(next.Add(1)) - 1
				if number >= count {
					return
				}
				one(number)
			}
		}()
	}
	wait.Wait()
	m.print(float64(count), float64(count))
}

func request() {
	sideBySide(func(int) {
		reply, err := nc.Request(subject, payload, 5*time.Second)
		check(err)
		if len(reply.Data) != size {
			check(errors.New("another answer"))
		}
	})
}

func newStream() {
	if err := js.DeleteStream(ctx, stream); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
		check(err)
	}
	_, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: stream, Subjects: []string{stored}, Storage: storage})
	check(err)
}

func jsPub() {
	newStream()
	m := measure()
	if window == 1 {
		for i := 0; i < count; i++ {
			_, err := js.Publish(ctx, stored, payload)
			check(err)
		}
	} else {
		acks := make([]jetstream.PubAckFuture, 0, count)
		for i := 0; i < count; i++ {
			ack, err := js.PublishAsync(stored, payload)
			check(err)
			acks = append(acks, ack)
		}
		select {
		case <-js.PublishAsyncComplete():
		case <-time.After(2 * time.Minute):
			check(errors.New("not all was acknowledged in time"))
		}
		for _, ack := range acks {
			select {
			case <-ack.Ok():
			case err := <-ack.Err():
				check(err)
			}
		}
	}
	m.print(float64(count), float64(count))
}

func jsOrdered() {
	m := measure()
	reading, err := js.OrderedConsumer(ctx, stream, jetstream.OrderedConsumerConfig{})
	check(err)
	messages, err := reading.Messages()
	check(err)
	for i := 0; i < count; i++ {
		_, err := messages.Next()
		check(err)
	}
	m.print(float64(count), float64(count))
	messages.Stop()
}

func key(number int) string { return "key." + strconv.Itoa(number%keys) }

func bucket(filled bool) jetstream.KeyValue {
	made, err := js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: kept, Storage: storage})
	check(err)
	for i := 0; filled && i < keys; i++ {
		_, err := made.Put(ctx, key(i), payload)
		check(err)
	}
	return made
}

func kvPut() {
	made := bucket(false)
	sideBySide(func(number int) {
		_, err := made.Put(ctx, key(number), payload)
		check(err)
	})
}

func kvGet() {
	made := bucket(true)
	sideBySide(func(number int) {
		entry, err := made.Get(ctx, key(number))
		check(err)
		if len(entry.Value()) != size {
			check(errors.New("another value"))
		}
	})
}

var filler = bytes.Repeat([]byte{'x'}, 128*1024)

// pieces gives bytes as they are read, so that the object is never whole in memory.
type pieces struct{ left int }

func (p *pieces) Read(into []byte) (int, error) {
	if p.left == 0 {
		return 0, io.EOF
	}
	n := min(len(into), p.left)
	n = copy(into[:n], filler)
	p.left -= n
	return n, nil
}

func store() jetstream.ObjectStore {
	made, err := js.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{Bucket: kept, Storage: storage})
	check(err)
	return made
}

func putObject(into jetstream.ObjectStore) {
	_, err := into.Put(ctx, jetstream.ObjectMeta{Name: "object"}, &pieces{size})
	check(err)
}

func objPut() {
	made := store()
	m := measure()
	for i := 0; i < count; i++ {
		putObject(made)
	}
	all := float64(size) * float64(count)
	m.print(all, all/1024)
}

func objGet() {
	made := store()
	putObject(made)
	m := measure()
	for i := 0; i < count; i++ {
		reading, err := made.Get(ctx, "object")
		check(err)
		n, err := io.Copy(io.Discard, reading)
		check(err)
		if n != int64(size) {
			check(errors.New("another object"))
		}
	}
	all := float64(size) * float64(count)
	m.print(all, all/1024)
}

func main() {
	if len(os.Args) != 6 {
		fmt.Fprintln(os.Stderr, "usage: client-go URL CASE COUNT BYTES WINDOW")
		os.Exit(2)
	}
	numbers := [3]int{}
	for i := range numbers {
		number, err := strconv.Atoi(os.Args[3+i])
		check(err)
		numbers[i] = number
	}
	count, size, window = numbers[0], numbers[1], numbers[2]
	payload = bytes.Repeat([]byte{'x'}, min(size, 1<<20))
	var err error
	nc, err = nats.Connect(os.Args[1])
	check(err)
	js, err = jetstream.New(nc, jetstream.WithPublishAsyncMaxPending(max(window, 1)))
	check(err)
	cases := map[string]func(){"pub": pub, "sub": sub, "request": request, "js-pub": jsPub, "js-ordered": jsOrdered,
		"kv-put": kvPut, "kv-get": kvGet, "obj-put": objPut, "obj-get": objGet}
	name, files := strings.CutPrefix(os.Args[2], "file-")
	if files {
		storage, kept = jetstream.FileStorage, "BENCHFILES"
	}
	run, known := cases[name]
	if !known {
		check(fmt.Errorf("no case %q", os.Args[2]))
	}
	run()
}
