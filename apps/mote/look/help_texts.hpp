#pragma once

namespace mote::command {

inline constexpr const char* ping_notes =
    R"(Asks all instances at once, --count times, and shows the least, the mean and the longest time of their answers, and how
many were lost: of an instance that answered once, the rounds from then on. `--count 0` goes on until Ctrl-C.
Any service of ADR-32 answers, whoever wrote it.
Exit codes: 0 somebody answered, 5 nobody is there, 6 nobody answers in time, 130 interrupted before --count.
Examples:
  mote ping
  mote ping Orders --count 10 --interval 200ms
  mote ping --count 0
)";

inline constexpr const char* graph_notes =
    R"(Services with their instances, endpoints, subjects and queue groups; the streams and consumers of work endpoints, and the
streams that keep what else is published to an endpoint; and which service asks which endpoint. The last is known of
calls that handlers make with `within(request)`, as those carry on the trace, too; what other frameworks' services call
cannot be seen.
Examples:
  mote graph
  mote graph Orders
  mote graph --format mermaid > services.mmd
  mote graph --format dot | dot -Tsvg > services.svg
)";

inline constexpr const char* schema_notes =
    R"(The JSON Schemas of what typed endpoints take and give, from the service's metadata or from where that says they are. Of
several instances the newest version counts. With --request or --response standard output gets that schema alone.
Exit code 5: no such service or endpoint (the nearest names are told), or with --request and --response no such schema.
Examples:
  mote schema Orders
  mote schema Orders create
  mote schema Orders create --request > order.schema.json
)";

inline constexpr const char* watch_notes =
    R"(A table of all services on the whole screen: requests and errors a second, mean time, 50th and 99th percentile (of the
slowest instance), requests in flight, and the rate of the last minutes as a line. `-` is what a service does not tell.
Keys: up, down, page up, page down choose a row; Enter goes into it (service, endpoint, instances), Esc back; / shows
only what has a text in its name; s the next order, or n r e a 5 9 f: by name, rate, errors, mean, p50, p99, in flight;
i the other way round; space stands still; ? help; q the end.
Where no terminal is, or with --once: a table of one interval; with --json a line for each interval.
Exit codes: 0 by q, 130 by Ctrl-C or SIGTERM, 3 no server at the start (later it is waited for), 5 no such service.
Examples:
  mote watch
  mote watch Orders --interval 500ms
  mote watch --once
  mote watch --json | jq -c '.services[] | {name, rate}'
)";

inline constexpr const char* events_notes =
    R"(A line for each instance: `there` when it was there from the start, `appeared`, `changed` (its version, metadata or
endpoints), `gone` (it does not answer any more). With --json a line of JSON each, with what the instance says of itself.
Goes on until Ctrl-C, or until its reader has gone.
Examples:
  mote events
  mote events Orders --json
)";

}  // namespace mote::command
