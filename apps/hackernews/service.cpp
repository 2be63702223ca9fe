#include <apps/hackernews/service.hpp>

#include <apps/hackernews/input.hpp>
#include <apps/hackernews/pipeline.hpp>
#include <apps/hackernews/storage.hpp>

#include <mote/micro.hpp>
#include <mote/nats/async_event.hpp>
#include <mote/nats/plain_reason.hpp>

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <stdexcept>
#include <utility>

namespace hackernews {
namespace {

namespace asio = boost::asio;
using pipeline_ptr = std::shared_ptr<pipeline>;

constexpr std::size_t max_concurrency = 1024;
/// Requests for one item that wait or are in work at once; past the bound one is refused with 429.
constexpr std::size_t max_items_in_flight = 16384;
constexpr int max_tries = 4;
constexpr std::chrono::seconds ack_wait{10};  // until the others do what a killed instance had

void check(const settings& chosen) {
    if (chosen.concurrency < 1 || chosen.concurrency > max_concurrency)
        throw std::invalid_argument("concurrency is not 1 to " + std::to_string(max_concurrency));
    if (chosen.every.count() < 0) throw std::invalid_argument("every is negative");
    if (!chosen.api.starts_with("http://") && !chosen.api.starts_with("https://"))
        throw std::invalid_argument("the API's address does not begin with http:// or https://");
}

asio::awaitable<void> fetch(pipeline_ptr work, mote::request request) {
    const std::size_t count = co_await work->fetch();
    request.respond(std::to_string(count));
}

asio::awaitable<void> list(pipeline_ptr work, mote::request request) {
    const std::string ids = co_await work->list();
    request.respond(ids);
}

asio::awaitable<void> process(pipeline_ptr work, mote::event event) {
    std::string bad_request;
    try {
        co_await work->process(std::string(event.data()));
    } catch (const mote::service_error& error) {
        if (error.status() != 400) throw;  // the API's or the storage's trouble may pass
        bad_request = error.description();
    }
    if (!bad_request.empty()) throw mote::give_up(bad_request);
}

asio::awaitable<void> process_reply(pipeline_ptr work, mote::request request) {
    const auto answer = co_await work->process(std::string(request.data()));
    if (const auto* reason = std::get_if<skip_reason>(&answer))
        throw mote::service_error(404, "item " + std::to_string(parse_id(request.data())) +
                                           " is not a story: " + std::string(name_of(*reason)));
    request.respond(to_json(std::get<post>(answer)));
}

asio::awaitable<void> sort(pipeline_ptr work, mote::request request) {
    const std::string name = co_await work->sort();
    request.respond(name);
}

asio::awaitable<void> top(pipeline_ptr work, mote::request request) {
    const std::string answer = co_await work->top(std::string(request.data()));
    request.respond(answer);
}

/// A handler that gives each call its share of `work`. (A lambda with captures must not be a coroutine itself: it would be
/// gone before the coroutine ends.)
template <class Call>
auto with(const pipeline_ptr& work, asio::awaitable<void> (*coroutine)(pipeline_ptr, Call)) {
    return [work, coroutine](Call call) { return coroutine(work, std::move(call)); };
}

mote::micro::metadata described(std::string description, std::string request, std::string response) {
    return {
        {"description", std::move(description)}, {"request", std::move(request)}, {"response", std::move(response)}};
}

/// The same, and how a gateway lets it be asked.
mote::micro::metadata described_with_route(std::string route, std::string description, std::string request,
                                           std::string response) {
    auto said = described(std::move(description), std::move(request), std::move(response));
    said["http.route"] = std::move(route);
    return said;
}

mote::micro::service_config config_of(const pipeline_ptr& work) {
    mote::micro::service_config config;
    config.name = "HackerNews";
    config.version = "1.0.0";
    config.description = "Get most voted entries in the last 24 hours";
    config.stats_handler = [work](const mote::micro::endpoint_info& endpoint) {
        return endpoint.name.starts_with("process") ? to_json(work->counted()) : std::string();
    };
    config.on_error = [work](const mote::micro::failure& failed) {
        work->log("endpoint " + failed.endpoint + ": " + failed.error +
                  (failed.cause.empty() ? "" : ": " + failed.cause));
    };
    return config;
}

void add_endpoints(mote::service& service, const pipeline_ptr& work, const settings& chosen) {
    service.endpoint("fetch", with(work, fetch),
                     {.subject = "hn.fetch.ids",
                      .queue_group = "fetch-group",
                      .metadata = described("Gets the ids of the top stories and has each processed", "", "how many")});
    service.endpoint("list", with(work, list),
                     {.subject = "hn.fetch.list",
                      .queue_group = "fetch-group",
                      .metadata = described("The ids fetched last", "", "JSON array of ids")});
    service.work("process",
                 {.subject = std::string(process_subject),
                  .stream = std::string(process_stream),
                  .metadata = described("Fetches one item and stores it", "id", ""),
                  .max_in_flight = chosen.concurrency,
                  .max_tries = max_tries,
                  .ack_wait = ack_wait},
                 with(work, process));
    service.endpoint("process-reply", with(work, process_reply),
                     {.subject = "hn.process.reply",
                      .queue_group = "process-group",
                      .metadata = described("Fetches one item, stores it and answers it", "id", "JSON of the post"),
                      .max_in_flight = max_items_in_flight});
    service.endpoint("sort", with(work, sort),
                     {.subject = "hn.sort.ids",
                      .queue_group = "sort-group",
                      .metadata = described("Sorts the posts of the last 24 hours by points and stores the list", "",
                                            "name of the stored object")});
    service.endpoint("top", with(work, top),
                     {.subject = "hn.sort.top",
                      .queue_group = "sort-group",
                      .metadata = described_with_route("GET /hn/top/{n}", "The first posts of the newest list",
                                                       "how many, 1 to 500; empty: 10", "JSON object: count, posts")});
}

/// What ends the coroutine that refreshes, and what it says when it has ended.
struct refresher {
    explicit refresher(const asio::any_io_executor& executor) : stop(executor), ended(executor) {}
    mote::nats::async_event stop;
    mote::nats::async_event ended;
    bool stopping = false;
};

asio::awaitable<void> refresh_for_ever(pipeline_ptr work, std::shared_ptr<refresher> control,
                                       std::chrono::seconds every) {
    while (!control->stopping) {
        const auto next = std::chrono::steady_clock::now() + every;
        try {
            co_await work->refresh(every);
        } catch (const mote::service_error& error) {
            work->log("refresh: " + error.description());
        } catch (const std::exception& error) {
            work->log("refresh: " + mote::nats::plain_reason(error.what()));
        }
        if (control->stopping || co_await control->stop.wait_until(next)) break;
    }
}

}  // namespace

struct service::state {
    state(const mote::nats::connection& connection, pipeline_ptr pipeline, const settings& chosen)
        : work(std::move(pipeline)),
          refreshing(std::make_shared<refresher>(connection.executor())),
          endpoints(config_of(work)) {
        add_endpoints(endpoints, work, chosen);
    }

    void stop_refreshing() {
        refreshing->stopping = true;
        refreshing->stop.set();
        work->stop_refreshing();
    }

    pipeline_ptr work;
    std::shared_ptr<refresher> refreshing;
    mote::service endpoints;
    bool refreshes = false;
};

service::service(std::unique_ptr<state> made) : state_(std::move(made)) {}

service::~service() {
    state_->stop_refreshing();
    state_->work->close();
}

asio::awaitable<std::unique_ptr<service>> service::start(mote::nats::connection connection, settings chosen) {
    check(chosen);
    const auto every = chosen.every;
    auto kept = co_await storage::open(connection);
    auto work = std::make_shared<pipeline>(connection, std::move(kept), chosen);
    std::unique_ptr<service> started(new service(std::make_unique<state>(connection, work, chosen)));
    state& state = *started->state_;
    co_await state.endpoints.start(connection);
    if (every.count() > 0) {
        state.refreshes = true;
        asio::co_spawn(connection.executor(), refresh_for_ever(work, state.refreshing, every),
                       [control = state.refreshing](const std::exception_ptr&) { control->ended.set(); });
    }
    co_return started;
}

asio::awaitable<void> service::stop(std::chrono::nanoseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    state_->stop_refreshing();
    co_await state_->endpoints.stop(timeout);
    if (std::exchange(state_->refreshes, false)) co_await state_->refreshing->ended.wait_until(deadline);
    state_->work->close();
}

const counters& service::counted() const noexcept { return state_->work->counted(); }

const std::string& service::id() const noexcept { return state_->endpoints.id(); }

}  // namespace hackernews
