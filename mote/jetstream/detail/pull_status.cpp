#include <mote/jetstream/detail/pull_status.hpp>

#include <mote/jetstream/detail/wire.hpp>
#include <mote/jetstream/error.hpp>

#include <algorithm>
#include <limits>
#include <string_view>

namespace mote::jetstream::detail {
namespace {

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char each) { return each >= 'A' && each <= 'Z' ? static_cast<char>(each - 'A' + 'a') : each; });
    return lower;
}

std::size_t to_size(std::uint64_t number) {
    return static_cast<std::size_t>(std::min<std::uint64_t>(number, std::numeric_limits<std::size_t>::max()));
}

pull_status conflict(pull_status seen) {
    const auto words = lower_case(seen.text);
    if (words.find("consumer deleted") != std::string::npos) {
        seen.action = pull_action::end;
        seen.error = errc::consumer_not_found;
    } else if (words.find("push based") != std::string::npos) {
        seen.action = pull_action::end;
        seen.error = errc::bad_config;
    } else {
        seen.action = pull_action::ask_anew;
        seen.error = errc::pull_ended;
    }
    return seen;
}

}  // namespace

pull_status parse_pull_status(const nats::headers_view& headers) {
    pull_status seen;
    const int status = headers.status();
    if (status == 0 || status == 100) return seen;
    seen.text = headers.description();
    if (status == 503) {
        seen.action = pull_action::look;
        return seen;
    }
    if (status == 400) {
        seen.action = pull_action::end;
        seen.error = errc::bad_request;
        return seen;
    }
    if (status == 423) {
        seen.action = pull_action::unpinned;
        seen.error = errc::pull_ended;
        return seen;
    }
    // A request's end tells how many of its messages were not sent. "Server Shutdown" does as well, but that server
    // would not serve the next request: so it is one of those below.
    const auto left = headers.get("Nats-Pending-Messages");
    const auto unsent = left ? parse_number(*left) : std::nullopt;
    const bool shutdown = lower_case(seen.text).find("server shutdown") != std::string::npos;
    if ((status == 408 || status == 409) && unsent && !shutdown) {
        seen.action = pull_action::count;
        seen.unsent = to_size(*unsent);
        const auto bytes = headers.get("Nats-Pending-Bytes");
        seen.unsent_bytes = to_size((bytes ? parse_number(*bytes) : std::nullopt).value_or(0));
        seen.too_large = lower_case(seen.text).find("exceeds maxbytes") != std::string::npos;
        return seen;
    }
    if (status == 409) return conflict(std::move(seen));
    seen.action = pull_action::ask_anew;
    seen.error = errc::pull_ended;
    return seen;
}

}  // namespace mote::jetstream::detail
