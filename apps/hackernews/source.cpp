#include <apps/hackernews/source.hpp>

#include <mote/http/error.hpp>
#include <mote/micro/service_error.hpp>
#include <mote/nats/plain_reason.hpp>

#include <boost/json/parse.hpp>

#include <optional>
#include <string_view>
#include <utility>

namespace hackernews {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using mote::micro::service_error;

constexpr int bad_gateway = 502;
constexpr int http_ok = 200;

/// The base of all paths. An address without a path is that of a whole site, where the API is under /v0.
std::string base_of(std::string_view api) {
    while (api.ends_with('/')) api.remove_suffix(1);
    const auto scheme = api.find("://");
    const auto host = scheme == std::string_view::npos ? 0 : scheme + 3;
    std::string base(api);
    if (api.find('/', host) == std::string_view::npos) base += "/v0";
    return base;
}

mote::http::client_options options_of(const settings& chosen) {
    mote::http::client_options options;
    options.max_connections = chosen.concurrency;
    options.timeout = chosen.upstream_timeout;
    options.connect_timeout = chosen.upstream_timeout;
    options.retries = chosen.upstream_retries;
    options.user_agent = "mote-hackernews";
    return options;
}

std::optional<item_id> to_id(const json::value& value) {
    if (!value.is_int64() || value.get_int64() < 1 || value.get_int64() > max_item_id) return std::nullopt;
    return value.get_int64();
}

/// Nothing when the text is no array of ids.
std::optional<std::vector<item_id>> parse_ids(std::string_view text) {
    boost::system::error_code failed;
    const auto list = json::parse(json::string_view(text.data(), text.size()), failed);
    if (failed || !list.is_array()) return std::nullopt;
    std::vector<item_id> ids;
    for (const json::value& each : list.get_array()) {
        if (ids.size() == max_ids) break;
        const auto id = to_id(each);
        if (!id) return std::nullopt;
        ids.push_back(*id);
    }
    return ids;
}

}  // namespace

source::source(asio::any_io_executor executor, const settings& chosen)
    : api_(base_of(chosen.api)), client_(std::move(executor), options_of(chosen)) {}

asio::awaitable<std::vector<item_id>> source::top_stories() {
    const std::string body = co_await get("/topstories.json", "topstories");
    auto ids = parse_ids(body);
    if (!ids) throw service_error(bad_gateway, "the Hacker News API answered no list of ids");
    co_return *std::move(ids);
}

asio::awaitable<std::variant<post, skip_reason>> source::item(item_id id) {
    const std::string number = std::to_string(id);
    const std::string body = co_await get("/item/" + number + ".json", "item " + number);
    auto answer = parse_item(id, body);
    if (!answer) throw service_error(bad_gateway, "the Hacker News API answered no item for item " + number);
    co_return *std::move(answer);
}

void source::close() { client_.stop(); }

asio::awaitable<std::string> source::get(std::string path, std::string what) {
    mote::http::response answered;
    try {
        answered = co_await client_.get(api_ + path);
    } catch (const boost::system::system_error& error) {
        if (error.code().category() != mote::http::http_category()) throw;
        throw service_error(bad_gateway,
                            "the Hacker News API cannot be reached: " + mote::nats::plain_reason(error.what()));
    }
    if (answered.status != http_ok)
        throw service_error(bad_gateway,
                            "the Hacker News API answered " + std::to_string(answered.status) + " for " + what);
    co_return std::move(answered.body);
}

}  // namespace hackernews
