#include <fuzz/target.hpp>

#include <mote/jetstream/detail/consumer_json.hpp>
#include <mote/jetstream/detail/json.hpp>
#include <mote/jetstream/detail/publish_wire.hpp>
#include <mote/jetstream/detail/pull_status.hpp>
#include <mote/jetstream/detail/stream_json.hpp>
#include <mote/jetstream/detail/wire.hpp>
#include <mote/jetstream/error.hpp>
#include <mote/jetstream/rfc3339.hpp>
#include <mote/nats/base64.hpp>

#include <boost/json/serialize.hpp>
#include <string>
#include <string_view>

/// First line: `ack`, `time`, `number`, `base64`, `status`, `published`, `consumer`, or anything else for a stream's
/// information. Below it: the text.
namespace mote::fuzz {
namespace {

namespace detail = jetstream::detail;

void check_ack(std::string_view text) {
    const auto read = detail::parse_ack_subject(text);
    if (!read) return;
    require(text.starts_with("$JS.ACK.") && text.find(std::to_string(read->pending)) != std::string_view::npos,
            "read from another subject");
}

void check_base64(std::string_view text) {
    const auto bytes = nats::decode_base64(text);
    if (bytes) require(bytes->size() <= text.size() / 4 * 3, "more bytes than the text has");
}

void check_stream(std::string_view text) {
    try {
        const auto reply = detail::parse_object(text, "fuzz");
        const auto info = detail::parse_stream_info(reply);
        const auto config = detail::to_json(info.config);
        boost::json::object again;
        again["config"] = config;
        require(detail::to_json(detail::parse_stream_info(again).config) == config, "a configuration is not read back");
        auto updated = reply.at("config").as_object();
        detail::overlay(updated, info.config);
        again["config"] = updated;
        const auto read = detail::parse_stream_info(again).config;
        require(detail::to_json(read) == config, "an unchanged configuration changes in an update");
    } catch (const boost::system::system_error& refused) {
        require(refused.code() == jetstream::errc::bad_reply, "refused for another reason");
    }
}

void check_consumer(std::string_view text) {
    try {
        const auto reply = detail::parse_object(text, "fuzz");
        const auto info = detail::parse_consumer_info(reply);
        const auto config = detail::to_json(info.config);
        boost::json::object again;
        again["config"] = config;
        require(detail::to_json(detail::parse_consumer_info(again).config) == config,
                "a configuration is not read back");
        auto updated = reply.at("config").as_object();
        detail::overlay(updated, info.config);
        auto twice = updated;
        detail::overlay(twice, info.config);
        // As text: Boost.JSON makes NaN of 0e400, which is not equal to itself.
        require(boost::json::serialize(twice) == boost::json::serialize(updated),
                "an unchanged configuration changes in an update");
    } catch (const boost::system::system_error& refused) {
        require(refused.code() == jetstream::errc::bad_reply, "refused for another reason");
    }
}

void check_status(std::string_view text) {
    const auto seen = detail::parse_pull_status(nats::headers_view(text));
    const bool fails = seen.action == detail::pull_action::end || seen.action == detail::pull_action::ask_anew ||
                       seen.action == detail::pull_action::unpinned;
    require(fails == static_cast<bool>(seen.error), "an error without a failure, or none with one");
    const bool counts = seen.action == detail::pull_action::count;
    require(counts || (seen.unsent == 0 && seen.unsent_bytes == 0 && !seen.too_large), "a count that nobody asked for");
}

void check_published(std::string_view text) {
    try {
        const auto ack = detail::parse_ack(text);
        require(!ack.stream.empty() && ack.sequence != 0, "an acknowledgement of nothing");
    } catch (const jetstream::server_error& refused) {
        require(refused.code().category() == jetstream::jetstream_category(), "an error of somebody else");
    } catch (const boost::system::system_error& refused) {
        require(refused.code() == jetstream::errc::bad_reply, "refused for another reason");
    }
}

void check_time(std::string_view text) {
    const auto time = jetstream::from_rfc3339(text);
    if (!time) return;
    const auto again = jetstream::from_rfc3339(jetstream::to_rfc3339(*time));
    require(!again || *again == *time, "another time");  // an offset may reach beyond the last year that is read
}

}  // namespace

int jetstream_replies(const std::uint8_t* data, std::size_t size) {
    auto text = text_of(data, size);
    const auto kind = take_line(text);
    if (kind == "ack") {
        check_ack(text);
    } else if (kind == "time") {
        check_time(text);
    } else if (kind == "number") {
        if (const auto number = detail::parse_number(text))
            require(text.find(std::to_string(*number)) != std::string_view::npos, "another number");
    } else if (kind == "base64") {
        check_base64(text);
    } else if (kind == "status") {
        check_status(text);
    } else if (kind == "published") {
        check_published(text);
    } else if (kind == "consumer") {
        check_consumer(text);
    } else {
        check_stream(text);
    }
    return 0;
}

}  // namespace mote::fuzz
