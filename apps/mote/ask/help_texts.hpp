#pragma once

namespace mote::command {

inline constexpr const char* req_notes =
    R"(Examples:
  mote req hn.sort.top 3
  mote req HackerNews top 3
  mote req Shop order --id 3 --customer.name Ada --tags gift
  mote req Shop order --flags
  echo '{"id":1}' | mote req orders.get -H Trace:on --json
  mote req Shop price tea --all
  mote req Shop price tea --repeat 100 --rate 20/s
  mote req jobs.who --replies 0 --stall 1s
The body: DATA, or --file, or what is piped in (`-` reads standard input in any case), or flags made of the endpoint's JSON
Schema: `--id 3 --tags a --tags b --customer.name X`, behind ENDPOINT. `--flags` lists them; one that is called like an option here is
written with a dot, `--.timeout`. A body that has to be JSON is looked at before it is sent. DATA that begins with a dash goes
behind `--`.
Two words: when the first has no dot and a service of that name is on the server, it is SERVICE ENDPOINT, and an unknown
endpoint is an error; otherwise it is SUBJECT DATA. (`mote req NAME -` always asks the subject.)
Standard output gets the body, with an end of line where it has none; of --all each line behind the instance's id and a tab. A
service's error: its text goes to standard error, its body to standard output, exit code 7. A stream of replies (docs/guide/streaming.md)
is printed as it comes. --repeat and --rate tell at the end, or at Ctrl-C, how often and how fast it was answered.)";

inline constexpr const char* bench_notes =
    R"(Examples:
  mote bench Shop price tea
  mote bench orders.get 42 --in-flight 1 --count 100000
  mote bench orders.get --size 1024 --duration 30s --rate 5000 --csv result.csv
Asks over one connection, and keeps --in-flight requests without an answer; with --rate a request has its turn at a fixed time,
and its latency counts from then. The body is given as for `mote req`, or is --size bytes. Ctrl-C prints what was measured so far.
Latencies are of all answers, service errors among them; --json and --csv have them in nanoseconds.
Exit codes: 7 a service error was among the answers, else 6 a request without an answer, else 5 nobody was there for one.)";

}  // namespace mote::command
