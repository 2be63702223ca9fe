#include <apps/hackernews/pipeline.hpp>

#include <apps/hackernews/input.hpp>
#include <apps/hackernews/ranking.hpp>

#include <mote/micro/service_error.hpp>
#include <mote/nats/nuid.hpp>
#include <mote/nats/plain_reason.hpp>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>

#include <exception>
#include <iostream>
#include <vector>

namespace hackernews {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using mote::micro::service_error;

constexpr auto patience_for_a_place = std::chrono::minutes(10);
constexpr auto look_again = std::chrono::milliseconds(200);

service_error nothing_fetched() { return {404, "nothing fetched yet: request hn.fetch.ids first"}; }

}  // namespace

pipeline::pipeline(mote::nats::connection connection, storage storage, settings chosen)
    : settings_(std::move(chosen)),
      connection_(std::move(connection)),
      js_(connection_),
      source_(connection_.executor(), settings_),
      storage_(std::move(storage)),
      places_(std::make_shared<slots>(connection_.executor(), settings_.concurrency)),
      stop_waiting_(connection_.executor()) {}

asio::awaitable<std::size_t> pipeline::fetch() {
    const std::vector<item_id> ids = co_await source_.top_stories();
    // All are sent at once; each is kept when its acknowledgement has come, and once, however often that is tried.
    const auto run = mote::nats::next_nuid();
    std::vector<asio::awaitable<mote::jetstream::publish_ack>> kept;
    kept.reserve(ids.size());
    for (const item_id id : ids) {
        mote::jetstream::publish_options once;
        once.message_id = run + ":" + std::to_string(id);
        kept.push_back(js_.publish(process_subject, std::to_string(id), once));
    }
    for (auto& each : kept) co_await std::move(each);
    // Behind that: whatever ends this early, no id is listed that nobody will process.
    co_await storage_.put_ids(json::serialize(json::value_from(ids)));
    co_return ids.size();
}

asio::awaitable<std::string> pipeline::list() {
    auto ids = co_await storage_.ids();
    if (!ids) throw nothing_fetched();
    co_return *std::move(ids);
}

asio::awaitable<std::variant<post, skip_reason>> pipeline::process(std::string text) {
    ++counted_.received;
    std::string item = "item " + in_quotes(text);
    std::exception_ptr failure;
    try {
        const item_id id = parse_id(text);
        item = "item " + std::to_string(id);
        auto answer = co_await fetch_and_store(id);
        if (const auto* reason = std::get_if<skip_reason>(&answer))
            ++counted_.skipped[static_cast<std::size_t>(*reason)];
        else
            ++counted_.stored;
        count_finished();
        co_return answer;
    } catch (const service_error& error) {
        count_failure(item + ": " + std::to_string(error.status()) + " " + error.description());
        throw;
    } catch (const std::exception& error) {
        count_failure(item + ": cannot be stored: " + mote::nats::plain_reason(error.what()));
    }
    // Logged just now: as a service_error it goes to the requester and not into the log again.
    throw service_error(503, item + " cannot be stored");
}

asio::awaitable<std::variant<post, skip_reason>> pipeline::fetch_and_store(item_id id) {
    std::variant<post, skip_reason> answer = skip_reason::null;
    {
        const auto place = co_await slots::take(places_, patience_for_a_place);
        if (!place) throw service_error(503, "item " + std::to_string(id) + " had no turn within 10 minutes");
        answer = co_await source_.item(id);
    }
    // Without the place: the next item is asked for while this one is stored.
    if (const auto* story = std::get_if<post>(&answer)) co_await storage_.put(*story);
    co_return answer;
}

asio::awaitable<std::string> pipeline::sort() {
    std::vector<post> posts = co_await storage_.posts();
    if (posts.empty()) throw nothing_fetched();
    const auto at = now();
    std::vector<post> sorted = rank(std::move(posts), at);
    co_return co_await storage_.put_sorted(utc_day(at), std::move(sorted));
}

asio::awaitable<std::string> pipeline::top(std::string text) {
    const std::size_t wanted = parse_count(text);
    auto sorted = co_await storage_.newest_sorted(utc_day(now()));
    if (!sorted) throw service_error(404, "nothing sorted yet: request hn.sort.ids first");
    if (sorted->size() > wanted) sorted->resize(wanted);
    json::array posts;
    posts.reserve(sorted->size());
    for (const post& each : *sorted) posts.push_back(to_value(each));
    json::object answer;
    answer.emplace("count", posts.size());
    answer.emplace("posts", std::move(posts));
    co_return json::serialize(answer);
}

asio::awaitable<void> pipeline::refresh(std::chrono::nanoseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    co_await fetch();
    stop_waiting_.reset();
    co_await all_is_processed(deadline);
    if (refreshing_) co_await sort();
}

/// By whichever instance. The consumer is asked and not the stream: of a server that was killed, the stream may still
/// have messages that are done.
asio::awaitable<void> pipeline::all_is_processed(std::chrono::steady_clock::time_point deadline) {
    while (refreshing_ && std::chrono::steady_clock::now() < deadline) {
        const auto queue = co_await js_.consumer(std::string(process_stream), std::string(process_stream));
        if (queue.pending + queue.ack_pending == 0) co_return;
        co_await stop_waiting_.wait_for(look_again);
    }
}

void pipeline::stop_refreshing() {
    refreshing_ = false;
    stop_waiting_.set();
}

void pipeline::log(std::string_view line) const {
    if (settings_.log)
        settings_.log(line);
    else
        std::cerr << "hackernews: " + std::string(line) + "\n";
}

std::chrono::sys_seconds pipeline::now() const {
    return std::chrono::floor<std::chrono::seconds>(settings_.now ? settings_.now() : std::chrono::system_clock::now());
}

void pipeline::count_failure(std::string line) {
    ++counted_.failed;
    log(line);
    counted_.last_error = std::move(line);
    count_finished();
}

void pipeline::count_finished() {
    if (settings_.on_progress) settings_.on_progress(counted_);
}

}  // namespace hackernews
