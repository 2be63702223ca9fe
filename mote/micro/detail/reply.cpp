#include <mote/micro/detail/reply.hpp>

#include <mote/micro/detail/load_json.hpp>
#include <mote/micro/service_error.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace mote::micro::detail {
namespace {

boost::json::value parse(std::string_view text, boost::system::error_code& failed) {
    boost::json::parse_options lenient;
    lenient.allow_invalid_utf8 = true;  // descriptions may have any bytes
    return boost::json::parse(boost::json::string_view(text.data(), text.size()), failed, {}, lenient);
}

bool is_well_formed(std::string_view text) {
    boost::system::error_code failed;
    parse(text, failed);
    return !failed;
}

boost::json::object parse_object(std::string_view text) {
    boost::system::error_code failed;
    auto parsed = parse(text, failed);
    if (failed) throw_error(errc::bad_reply, "not JSON: " + failed.message());
    if (!parsed.is_object()) throw_error(errc::bad_reply, "not a JSON object");
    return std::move(parsed.get_object());
}

/// The members of one object; knows where it stands in the reply. The object must outlive it.
class reader {
public:
    reader(const boost::json::object& object, std::string prefix) : object_(&object), prefix_(std::move(prefix)) {}

    std::string text(std::string_view key) const {
        const auto* const found = find(key);
        if (found == nullptr) return {};
        const auto* const value = found->if_string();
        if (value == nullptr) fail(key, "not a string");
        return {value->data(), value->size()};
    }

    std::string required_text(std::string_view key) const {
        auto value = text(key);
        if (value.empty()) fail(key, "missing");
        return value;
    }

    micro::metadata metadata(std::string_view key) const {
        micro::metadata values;
        const auto* const found = find(key);
        if (found == nullptr) return values;
        const auto* const members = found->if_object();
        if (members == nullptr) fail(key, "not an object");
        const reader inner(*members, path(key) + ".");
        for (const auto& member : *members) values.emplace(member.key(), inner.text(member.key()));
        return values;
    }

    std::uint64_t count(std::string_view key) const {
        const auto value = integer(key);
        if (value < 0) fail(key, "not a count");
        return static_cast<std::uint64_t>(value);
    }

    std::chrono::nanoseconds time(std::string_view key) const { return std::chrono::nanoseconds(integer(key)); }

    /// The JSON text of whatever is there.
    std::optional<std::string> raw(std::string_view key) const {
        const auto* const found = find(key);
        if (found == nullptr) return std::nullopt;
        auto text = boost::json::serialize(*found);
        if (!is_well_formed(text)) fail(key, "has a number that is none");  // what is NaN is written so
        return text;
    }

    template <class Read>
    auto each(std::string_view key, Read read) const {
        std::vector<decltype(read(*this))> values;
        const auto* const found = find(key);
        if (found == nullptr) return values;
        const auto* const elements = found->if_array();
        if (elements == nullptr) fail(key, "not an array");
        for (const auto& element : *elements) {
            const auto at = path(key) + "[" + std::to_string(values.size()) + "]";
            const auto* const members = element.if_object();
            if (members == nullptr) throw_error(errc::bad_reply, at + ": not an object");
            values.push_back(read(reader(*members, at + ".")));
        }
        return values;
    }

    [[noreturn]] void fail(std::string_view key, std::string_view what) const {
        throw_error(errc::bad_reply, path(key) + ": " + std::string(what));
    }

private:
    /// Null is as good as absent.
    const boost::json::value* find(std::string_view key) const {
        const auto* const found = object_->if_contains(boost::json::string_view(key.data(), key.size()));
        return found == nullptr || found->is_null() ? nullptr : found;
    }

    std::string path(std::string_view key) const { return prefix_ + std::string(key); }

    /// Implementations that have no integers may write a fraction, which is cut off.
    std::int64_t integer(std::string_view key) const {
        const auto* const found = find(key);
        if (found == nullptr) return 0;
        if (const auto* const number = found->if_int64()) return *number;
        if (!found->is_number()) fail(key, "not a number");
        constexpr auto most = std::numeric_limits<std::int64_t>::max();
        if (found->is_uint64()) return most;  // Boost.JSON: only what is past int64
        const auto number = found->get_double();
        if (std::isnan(number)) fail(key, "not a number");  // Boost.JSON makes it of 0e309
        if (number >= static_cast<double>(most)) return most;
        if (number <= static_cast<double>(-most)) return -most;
        return static_cast<std::int64_t>(number);
    }

    const boost::json::object* object_;
    std::string prefix_;
};

/// What all three replies begin with. An older implementation may leave the type out; another one is another reply.
template <class Service>
Service identity(const reader& reply, std::string_view verb) {
    const auto type = reply.text("type");
    if (!type.empty() && type != "io.nats.micro.v1." + std::string(verb) + "_response")
        reply.fail("type", "is " + type);
    Service service;
    service.name = reply.required_text("name");
    service.id = reply.required_text("id");
    service.version = reply.text("version");
    service.metadata = reply.metadata("metadata");
    return service;
}

endpoint_info read_info(const reader& object) {
    endpoint_info info;
    info.name = object.text("name");
    info.subject = object.text("subject");
    info.queue_group = object.text("queue_group");
    info.metadata = object.metadata("metadata");
    return info;
}

endpoint_stats read_stats(const reader& object) {
    endpoint_stats stats;
    stats.name = object.text("name");
    stats.subject = object.text("subject");
    stats.queue_group = object.text("queue_group");
    stats.requests = object.count("num_requests");
    stats.errors = object.count("num_errors");
    stats.last_error = object.text("last_error");
    stats.processing_time = object.time("processing_time");
    stats.average_processing_time = object.time("average_processing_time");
    stats.data = object.raw("data");
    read_load(stats);
    return stats;
}

}  // namespace

service_info parse_ping_reply(std::string_view text) {
    const auto object = parse_object(text);
    return identity<service_info>(reader(object, {}), "ping");
}

service_info parse_info_reply(std::string_view text) {
    const auto object = parse_object(text);
    const reader reply(object, {});
    auto info = identity<service_info>(reply, "info");
    info.description = reply.text("description");
    info.endpoints = reply.each("endpoints", read_info);
    return info;
}

service_stats parse_stats_reply(std::string_view text) {
    const auto object = parse_object(text);
    const reader reply(object, {});
    auto stats = identity<service_stats>(reply, "stats");
    stats.started = reply.text("started");
    stats.endpoints = reply.each("endpoints", read_stats);
    return stats;
}

}  // namespace mote::micro::detail
