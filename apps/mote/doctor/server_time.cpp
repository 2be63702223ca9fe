#include <apps/mote/doctor/server_time.hpp>

#include <mote/json/decode.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/system/system_error.hpp>

#include <string>

namespace mote::command {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

std::string api_prefix_of(const nats::jetstream_location& where) {
    if (!where.api_prefix.empty()) return where.api_prefix + (where.api_prefix.ends_with('.') ? "" : ".");
    return where.domain.empty() ? "$JS.API." : "$JS." + where.domain + ".API.";
}

asio::awaitable<json::value> ask_api(nats::connection connection, std::string subject,
                                     std::chrono::milliseconds patience) {
    nats::request_options options;
    options.timeout = patience;
    const auto answer = co_await connection.request(subject, "", options);
    boost::system::error_code failed;
    auto value = json::parse(answer.payload(), failed);
    co_return failed ? json::value() : std::move(value);
}

std::string first_stream(const json::value& answer) {
    const auto* const members = answer.if_object();
    const auto* const streams = members == nullptr ? nullptr : members->if_contains("streams");
    if (streams == nullptr || !streams->is_array() || streams->get_array().empty()) return {};
    const auto& first = streams->get_array().front();
    return first.is_string() ? std::string(first.get_string()) : std::string();
}

std::optional<std::chrono::system_clock::time_point> time_in(const json::value& answer) {
    const auto* const members = answer.if_object();
    const auto* const time = members == nullptr ? nullptr : members->if_contains("ts");
    if (time == nullptr || !time->is_string()) return std::nullopt;
    try {
        return mote::json::decode<std::chrono::system_clock::time_point>(json::serialize(*time));
    } catch (const mote::json::decode_error&) {
        return std::nullopt;
    }
}

asio::awaitable<std::optional<time_difference>> ask_time(nats::connection connection, std::string prefix,
                                                         std::chrono::milliseconds patience) {
    std::optional<time_difference> found;
    const auto names = co_await ask_api(connection, prefix + "STREAM.NAMES", patience);
    const std::string stream = first_stream(names);
    if (stream.empty()) co_return found;
    const auto asked = std::chrono::system_clock::now();
    const auto answer = co_await ask_api(connection, prefix + "STREAM.INFO." + stream, patience);
    const auto answered = std::chrono::system_clock::now();
    const auto told = time_in(answer);
    if (!told) co_return found;
    found.emplace();
    found->uncertain = (answered - asked) / 2;
    found->ahead = *told - (asked + found->uncertain);
    co_return found;
}

}  // namespace

asio::awaitable<std::optional<time_difference>> compare_times(nats::connection connection,
                                                              nats::jetstream_location where,
                                                              std::chrono::milliseconds patience) {
    std::optional<time_difference> found;
    try {
        const std::string prefix = api_prefix_of(where);
        found = co_await ask_time(connection, prefix, patience);
    } catch (const boost::system::system_error&) {
        // The other checks say what is wrong with the server.
    }
    co_return found;
}

}  // namespace mote::command
