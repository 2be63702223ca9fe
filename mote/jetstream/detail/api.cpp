#include <mote/jetstream/detail/api.hpp>

#include <mote/jetstream/detail/json.hpp>

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <iterator>
#include <utility>

namespace mote::jetstream::detail {

namespace asio = boost::asio;
namespace json = boost::json;

errc errc_of(int status, int err_code) noexcept {
    switch (err_code) {
        case 10039:
        case 10076: return errc::not_enabled;
        case 10059: return errc::stream_not_found;
        case 10058: return errc::stream_exists;
        case 10014:
        case 10149: return errc::consumer_not_found;
        case 10013:
        case 10105:
        case 10148: return errc::consumer_exists;
        case 10037: return errc::message_not_found;
        case 10071:
        case 10164: return errc::wrong_last_sequence;
        case 10109: return errc::stream_sealed;
        case 10012: return errc::consumer_refused;
        case 10165: return errc::message_ttl_invalid;
        case 10166: return errc::message_ttl_disabled;
        case 10168:  // counters
        case 10174:  // atomic batches
        case 10188:  // schedules
            return errc::not_allowed;
        case 10176: return errc::batch_incomplete;
        case 10002:  // storage or memory of the account, when a message comes
        case 10005:  // no servers that a stream or consumer could be placed on
        case 10026:  // maximum consumers
        case 10027:  // maximum streams
        case 10028:  // memory, when a stream claims it
        case 10047:  // storage, when a stream claims it
        case 10120:  // an account with limits for other numbers of replicas only
            return errc::insufficient_resources;
        default: break;
    }
    if (status == 503 || status == 429) return errc::insufficient_resources;  // 429: too much under way
    return status == 400 ? errc::bad_request : errc::api_error;
}

void throw_if_error(const json::object& reply) {
    const json_reader from(reply, "reply");
    if (!from.has("error")) return;
    const auto error = from.object("error");
    const int status = error.integer<int>("code");
    const int err_code = error.integer<int>("err_code");
    throw server_error(errc_of(status, err_code), status, err_code, error.text("description"));
}

json::object parse_api_reply(std::string_view payload) {
    auto reply = parse_object(payload, "API reply");
    throw_if_error(reply);
    return reply;
}

asio::awaitable<json::object> api_request(context js, std::string verb, std::string body) {
    const std::string subject = js.api_prefix() + verb;
    nats::request_options opts;
    opts.timeout = js.timeout();
    nats::message reply;
    bool answered = true;
    try {
        reply = co_await js.connection().request(subject, body, opts);
    } catch (const boost::system::system_error& failed) {
        if (failed.code() != nats::errc::no_responders) throw;
        answered = false;
    }
    if (!answered) throw_error(errc::not_enabled, "nobody answers " + subject);
    co_return parse_api_reply(reply.payload());
}

asio::awaitable<std::vector<std::string>> list_names(context js, std::string verb, std::string member,
                                                     json::object query) {
    std::vector<std::string> names;
    for (;;) {
        query["offset"] = names.size();
        const auto reply = co_await api_request(js, verb, json::serialize(query));
        const json_reader from(reply, "names");
        auto page = from.texts(member);
        const auto total = from.integer<std::uint64_t>("total");
        const bool last = page.empty() || names.size() + page.size() >= total;
        names.insert(names.end(), std::make_move_iterator(page.begin()), std::make_move_iterator(page.end()));
        if (last) co_return names;
    }
}

asio::awaitable<std::vector<json::object>> list_objects(context js, std::string verb, std::string member,
                                                        json::object query) {
    std::vector<json::object> listed;
    for (;;) {
        query["offset"] = listed.size();
        auto reply = co_await api_request(js, verb, json::serialize(query));
        const json_reader from(reply, "list");
        const auto total = from.integer<std::uint64_t>("total");
        const auto before = listed.size();
        if (auto* const page = reply.if_contains(member); page != nullptr && page->is_array()) {
            for (auto& each : page->get_array()) {
                if (!each.is_object()) from.fail(member, "an array of objects");
                listed.push_back(std::move(each.get_object()));
            }
        }
        if (listed.size() == before || listed.size() >= total) co_return listed;
    }
}

void check_name(std::string_view name, std::string_view what) {
    const bool good = !name.empty() && std::none_of(name.begin(), name.end(), [](char each) {
        const auto byte = static_cast<unsigned char>(each);
        return byte <= ' ' || byte == 127 || std::string_view(".*>/\\").find(each) != std::string_view::npos;
    });
    if (!good) throw_error(errc::bad_config, std::string(what) + " name '" + std::string(name) + "'");
}

bool server_is_at_least(const context& js, int major, int minor, int patch) {
    const auto& version = js.connection().server().version;
    std::array<int, 3> is{};
    const char* at = version.data();
    const char* const end = at + version.size();
    for (auto& part : is) {
        const auto [rest, bad] = std::from_chars(at, end, part);
        if (bad != std::errc()) return true;  // not a version that we know to be older
        if (rest == end || *rest != '.') break;
        at = rest + 1;
    }
    return is >= std::array<int, 3>{major, minor, patch};
}

void require_server(const context& js, int major, int minor, std::string_view what) {
    if (server_is_at_least(js, major, minor)) return;
    std::string text(what);
    text += " needs nats-server " + std::to_string(major) + '.' + std::to_string(minor) + ", this one is " +
            js.connection().server().version;
    throw_error(errc::not_supported, text);
}

std::chrono::steady_clock::time_point deadline_after(std::chrono::nanoseconds timeout) noexcept {
    constexpr std::chrono::nanoseconds longest = std::chrono::hours(24 * 365);
    return std::chrono::steady_clock::now() + std::min(timeout, longest);
}

}  // namespace mote::jetstream::detail
