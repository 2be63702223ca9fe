#include <mote/functions/error.hpp>
#include <mote/functions/log_reader.hpp>
#include <mote/gateway/detail/system_refusal.hpp>
#include <mote/gateway/detail/system_resources.hpp>
#include <mote/http/status.hpp>
#include <mote/json/decode.hpp>

#include <boost/asio/steady_timer.hpp>
#include <charconv>

namespace mote::gateway::detail {
namespace {

namespace asio = boost::asio;

constexpr std::size_t longest_instance = 253;

[[noreturn]] void refuse_query(const std::string& field, const std::string& expected) {
    throw http::status_error(http::status::bad_request, field + ": expected " + expected);
}

int tail_of(const system_request& request) {
    const auto text = value_of(request.query, "tail");
    if (text.empty()) return 0;
    int lines = 0;
    const auto [rest, failed] = std::from_chars(text.data(), text.data() + text.size(), lines);
    if (failed != std::errc() || rest != text.data() + text.size()) refuse_query("tail", "a number of lines");
    return lines;
}

bool follow_of(const system_request& request) {
    const auto text = value_of(request.query, "follow");
    if (text.empty() || text == "false" || text == "0") return false;
    if (text != "true" && text != "1") refuse_query("follow", "true or false");
    return true;
}

std::optional<std::chrono::system_clock::time_point> since_of(const system_request& request) {
    const std::string text(value_of(request.query, "since"));
    if (text.empty()) return std::nullopt;
    try {
        return json::decode<std::chrono::system_clock::time_point>('"' + text + '"');
    } catch (const json::decode_error&) {
        refuse_query("since", "a time such as 2026-01-31T12:00:00Z");
    }
}

functions::log_query query_of(const system_request& request) {
    const auto name = value_of(request.query, "name");
    if (name.empty()) throw http::status_error(http::status::bad_request, "name: is missing");
    functions::log_query query;
    query.function = function_of(request, name);
    query.tail = tail_of(request);
    query.follow = follow_of(request);
    query.since = since_of(request);
    query.instance = value_of(request.query, "instance");
    if (query.instance.size() > longest_instance) refuse_query("instance", "at most 253 bytes");
    return query;
}

/// A log that is being sent; system_api::stop ends those.
class listed_reader {
public:
    listed_reader(system_state& state, functions::log_reader opened)
        : state_(state), reader_(std::make_shared<functions::log_reader>(std::move(opened))) {
        state_.readers.insert(reader_);
    }
    listed_reader(const listed_reader&) = delete;
    listed_reader& operator=(const listed_reader&) = delete;
    ~listed_reader() { state_.readers.erase(reader_); }

    functions::log_reader& operator*() const noexcept { return *reader_; }
    std::weak_ptr<functions::log_reader> weak() const noexcept { return reader_; }

private:
    system_state& state_;
    std::shared_ptr<functions::log_reader> reader_;
};

asio::awaitable<void> send_lines(http::exchange& asked, functions::log_reader& lines) {
    asked.start(http::status::ok, {{"Content-Type", "application/x-ndjson"}});
    co_await asked.write({});  // the head: the first line may be long in coming
    for (;;) {
        const auto line = co_await lines.next();
        if (!line) co_return;
        const auto text = line->json() + "\n";
        co_await asked.write(text);
    }
}

}  // namespace

system_answer send_logs(system_state& state, system_request& request) {
    const auto query = query_of(request);
    const auto found = co_await state.parts.store.get(query.function);
    if (!found) throw http::status_error(http::status::not_found, "function not found: " + query.function.full());
    if (state.stopped) co_return unavailable("the gateway is about to end");
    if (state.readers.size() >= state.opts.max_log_readers) {
        auto answer = text_answer(http::status::too_many_requests, "too many logs are read at once");
        answer.headers.emplace_back("Retry-After", "5");
        co_return answer;
    }
    auto opened = co_await functions::log_reader::open(state.parts.logs, query);
    const listed_reader lines(state, std::move(opened));
    if (state.stopped) (*lines).stop();
    asio::steady_timer limit(state.parts.connection.executor(), state.opts.max_follow);
    if (query.follow)
        limit.async_wait([reader = lines.weak()](const boost::system::error_code& cancelled) {
            const auto kept = reader.lock();
            if (!cancelled && kept) kept->stop();
        });
    if (request.asked.method() == "HEAD") {
        request.asked.respond(http::status::ok, {{"Content-Type", "application/x-ndjson"}});
        co_return std::nullopt;
    }
    co_await send_lines(request.asked, *lines);
    co_return std::nullopt;
}

}  // namespace mote::gateway::detail
