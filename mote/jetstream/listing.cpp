#include <mote/jetstream/context.hpp>

#include <mote/jetstream/detail/api.hpp>
#include <mote/jetstream/detail/consumer_json.hpp>
#include <mote/jetstream/detail/json.hpp>
#include <mote/jetstream/detail/stream_json.hpp>
#include <mote/nats/subject.hpp>

#include <boost/json/serialize.hpp>
#include <utility>

namespace mote::jetstream {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

asio::awaitable<std::vector<stream_info>> list_streams(context js, json::object query) {
    const auto found = co_await detail::list_objects(js, "STREAM.LIST", "streams", std::move(query));
    std::vector<stream_info> streams;
    streams.reserve(found.size());
    for (const auto& each : found) streams.push_back(detail::parse_stream_info(each));
    co_return streams;
}

asio::awaitable<std::vector<consumer_info>> list_consumers(context js, std::string stream) {
    const json::object everything;
    const auto found = co_await detail::list_objects(js, "CONSUMER.LIST." + stream, "consumers", everything);
    std::vector<consumer_info> consumers;
    consumers.reserve(found.size());
    for (const auto& each : found) consumers.push_back(detail::parse_consumer_info(each));
    co_return consumers;
}

/// Subjects come in pages, all else with each of them.
asio::awaitable<stream_info> read_details(context js, std::string name, stream_details wanted) {
    json::object query;
    if (wanted.deleted) query["deleted_details"] = true;
    if (!wanted.subjects_filter.empty()) query["subjects_filter"] = wanted.subjects_filter;
    stream_info info;
    std::map<std::string, std::uint64_t> counts;
    for (std::size_t before = 0;; before = counts.size()) {
        query["offset"] = before;
        const auto reply = co_await detail::api_request(js, "STREAM.INFO." + name, json::serialize(query));
        info = detail::parse_stream_info(reply);
        counts.merge(info.state.subject_counts);
        const auto total = detail::json_reader(reply, "stream").integer<std::uint64_t>("total");
        if (counts.size() == before || counts.size() >= total) break;
    }
    info.state.subject_counts = std::move(counts);
    co_return info;
}

asio::awaitable<std::string> name_by_subject(context js, std::string subject) {
    json::object query;
    query["subject"] = subject;
    const auto names = co_await detail::list_names(js, "STREAM.NAMES", "streams", std::move(query));
    if (names.empty()) throw_error(errc::stream_not_found, "none keeps " + subject);
    co_return names.front();
}

}  // namespace

asio::awaitable<std::vector<std::string>> context::stream_names(std::string subject) const {
    json::object query;
    if (!subject.empty()) query["subject"] = subject;
    return detail::list_names(*this, "STREAM.NAMES", "streams", std::move(query));
}

asio::awaitable<std::vector<stream_info>> context::streams(std::string subject) const {
    json::object query;
    if (!subject.empty()) query["subject"] = subject;
    return list_streams(*this, std::move(query));
}

asio::awaitable<std::string> context::stream_name_by_subject(std::string subject) const {
    if (!nats::is_valid_subscribe_subject(subject)) throw_error(errc::bad_config, "subject '" + subject + "'");
    return name_by_subject(*this, std::move(subject));
}

asio::awaitable<stream_info> context::stream(std::string name, stream_details wanted) const {
    detail::check_name(name, "stream");
    return read_details(*this, std::move(name), std::move(wanted));
}

asio::awaitable<std::vector<std::string>> context::consumer_names(std::string stream) const {
    detail::check_name(stream, "stream");
    return detail::list_names(*this, "CONSUMER.NAMES." + stream, "consumers", json::object());
}

asio::awaitable<std::vector<consumer_info>> context::consumers(std::string stream) const {
    detail::check_name(stream, "stream");
    return list_consumers(*this, std::move(stream));
}

}  // namespace mote::jetstream
