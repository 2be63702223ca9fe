#pragma once

#include <cstddef>
#include <functional>
#include <iosfwd>
#include <string_view>

namespace mote::gateway {

/// Where lines of a log go. It takes as much of `lines` as it can without waiting and says how many bytes; the rest is offered
/// again. It must not throw.
using log_sink = std::function<std::size_t(std::string_view lines)>;

/// A file descriptor that stays open, and that others may write to. A regular file is written to in one go, which takes as
/// long as the disk needs; of anything else (a pipe, a terminal, a socket) only as much as it takes at once, without making
/// it non-blocking. What fails takes nothing. The program has to ignore SIGPIPE when the other end may go away.
log_sink to_descriptor(int descriptor);

/// A stream that lives as long as the sink; it takes everything, and is flushed.
log_sink to_stream(std::ostream& stream);

}  // namespace mote::gateway
