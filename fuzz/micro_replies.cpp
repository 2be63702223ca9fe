#include <fuzz/target.hpp>

#include <mote/json/utf8.hpp>
#include <mote/micro/detail/reply.hpp>
#include <mote/micro/detail/wire.hpp>
#include <mote/micro/service_error.hpp>

#include <boost/json/parse.hpp>

#include <string>
#include <string_view>

/// First line: `ping`, `info`, or anything else for statistics. Below it: the reply.
namespace mote::fuzz {
namespace {

namespace detail = micro::detail;

bool is_json(std::string_view text) {
    boost::json::parse_options lenient;
    lenient.allow_invalid_utf8 = true;  // as the replies are read
    boost::system::error_code failed;
    boost::json::parse(boost::json::string_view(text.data(), text.size()), failed, {}, lenient);
    return !failed;
}

/// What was read, written, read and written again is the same. Bytes that are no UTF-8 are written as U+FFFD, by which names
/// may come in another order.
bool stays(std::string_view text, std::string_view written, std::string_view again) {
    return again == written || json::valid_utf8(text) != text;
}

void check_stats(std::string_view text) {
    auto stats = detail::parse_stats_reply(text);
    for (auto& endpoint : stats.endpoints) {
        require(!endpoint.data || is_json(*endpoint.data), "data that is no JSON");
        endpoint.data.reset();  // its numbers may be rounded
    }
    const auto written = detail::stats_json(stats);
    const auto again = detail::parse_stats_reply(written);
    require(again.name == stats.name && again.id == stats.id && again.endpoints.size() == stats.endpoints.size(),
            "other statistics than were written");
    for (std::size_t each = 0; each < stats.endpoints.size(); ++each) {
        require(again.endpoints[each].requests == stats.endpoints[each].requests, "another count");
        require(again.endpoints[each].processing_time == stats.endpoints[each].processing_time, "another time");
    }
    require(stays(text, written, detail::stats_json(again)), "statistics are written in another way");
}

}  // namespace

int micro_replies(const std::uint8_t* data, std::size_t size) {
    auto text = text_of(data, size);
    const auto kind = take_line(text);
    try {
        if (kind == "ping") {
            const auto written = detail::ping_json(detail::parse_ping_reply(text));
            require(stays(text, written, detail::ping_json(detail::parse_ping_reply(written))), "another PING");
        } else if (kind == "info") {
            const auto written = detail::info_json(detail::parse_info_reply(text));
            require(stays(text, written, detail::info_json(detail::parse_info_reply(written))), "another INFO");
        } else {
            check_stats(text);
        }
    } catch (const boost::system::system_error& refused) {
        require(refused.code() == micro::errc::bad_reply, "refused for another reason");
    }
    return 0;
}

}  // namespace mote::fuzz
