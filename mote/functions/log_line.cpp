#include <mote/functions/log_line.hpp>

#include <mote/functions/error.hpp>
#include <mote/json/decode.hpp>
#include <mote/json/encode.hpp>

#include <boost/describe/class.hpp>
#include <utility>

namespace mote::functions {
namespace {

/// A line as JSON has it.
struct log_message {
    std::string name;
    std::string space;
    std::string instance;
    std::chrono::system_clock::time_point timestamp;
    std::string text;
};
BOOST_DESCRIBE_STRUCT(log_message, (), (name, space, instance, timestamp, text))

}  // namespace
}  // namespace mote::functions

template <>
struct mote::json::about<mote::functions::log_message> {
    static constexpr mote::json::member_note members[] = {{.member = "space", .name = "namespace"}};
};

namespace mote::functions {

std::string log_line::json() const {
    log_message message;
    message.name = function.name;
    message.space = function.space;
    message.instance = instance;
    message.timestamp = time;
    message.text = text;
    try {
        return json::encode(message);
    } catch (const json::encode_error& failed) {
        throw_error(errc::bad_log, failed.what());
    }
}

log_line log_line::parse(std::string_view text) {
    json::decode_options bounds;
    bounds.max_size = max_json;
    bounds.max_depth = 8;
    log_line line;
    try {
        auto message = json::decode<log_message>(text, bounds);
        line.function.name = std::move(message.name);
        line.function.space = std::move(message.space);
        line.instance = std::move(message.instance);
        line.time = message.timestamp;
        line.text = std::move(message.text);
    } catch (const json::decode_error& failed) {
        throw_error(errc::bad_log, failed.what());
    }
    if (!is_function_name(line.function.name) || !is_function_name(line.function.space))
        throw_error(errc::bad_log, "the name or the namespace is none");
    return line;
}

}  // namespace mote::functions
