#pragma once

namespace mote::command {

inline constexpr const char* kv_notes =
    R"(Examples:
  mote kv ls
  mote kv ls settings
  mote kv put settings colour red
  mote kv get settings colour
  mote kv put settings colour blue --revision 1
  mote kv history settings colour
  mote kv watch settings 'orders.*' --json
  mote kv del settings colour
The buckets are those of every other NATS client; what is not here is in the `nats` CLI: `nats kv add`, `edit`, `rm`, `purge`,
`compact`, `status`. Standard output gets the value, with an end of line where it has none (--raw: byte for byte), of `put` the new
revision. `watch` prints what is there, then each change, until Ctrl-C; --json: a line of JSON each.
Exit codes: 5 no such bucket or key; 1 `--create` or `--revision` did not hold.)";

inline constexpr const char* object_notes =
    R"(Examples:
  mote obj ls
  mote obj put reports april.pdf
  pg_dump orders | mote obj put backups - --name orders.sql
  mote obj get reports april.pdf -o april.pdf
  mote obj get backups orders.sql | head
  mote obj info reports april.pdf
  mote obj del reports april.pdf
The stores are those of every other NATS client; what is not here is in the `nats` CLI: `nats object add`, `rm`, `seal`, `watch`.
`get` writes to standard output, byte for byte, or with -o to a file, which is whole or not there. `put` reads a file, or with `-`
standard input, in pieces: objects may be larger than the memory.
Exit codes: 5 no such store or object.)";

}  // namespace mote::command
