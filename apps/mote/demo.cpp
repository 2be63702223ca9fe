#include <apps/mote/commands.hpp>
#include <apps/mote/loop.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/platform.hpp>
#include <apps/mote/progress_bar.hpp>
#include <apps/mote/table.hpp>
#include <apps/mote/text.hpp>
#include <apps/mote/usage_hint.hpp>

#include <apps/hackernews/service.hpp>

#include <mote/http/client.hpp>
#include <mote/micro/client.hpp>
#include <mote/nats/async_event.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>

#include <charconv>
#include <memory>
#include <unistd.h>

namespace mote::command {
namespace {

namespace asio = boost::asio;

constexpr auto request_timeout = std::chrono::seconds(60);
constexpr auto longest_silence = std::chrono::seconds(60);  // of the items; each is bounded by the API's time-out
constexpr auto stop_timeout = std::chrono::seconds(10);
constexpr auto longest_wait_for_route = std::chrono::seconds(10);
constexpr auto between_looks = std::chrono::milliseconds(50);
constexpr int bad_gateway = 502;
constexpr int not_found = 404;

/// What the service's progress is told to: it outlives neither the service nor the page.
struct page_watch {
    explicit page_watch(const asio::any_io_executor& executor) : changed(executor) {}
    hackernews::counters counted{};
    nats::async_event changed;
};

asio::awaitable<std::string> ask(nats::connection connection, std::string subject, std::string payload) {
    nats::request_options options;
    options.timeout = request_timeout;
    const auto reply = co_await micro::call(connection, std::move(subject), std::move(payload), options);
    co_return std::string(reply.payload());
}

failure no_api(const std::string& api, const std::string& reason) {
    return {exit_code::cannot_connect,
            api + ": " + plain_reason(reason) +
                "; the demo needs the internet, or an address that plays this API: --api URL"};
}

/// Asks for the ids of the front page and returns how many there are.
asio::awaitable<std::size_t> fetch_ids(nats::connection connection, std::string api) {
    std::string reason;
    try {
        const std::string count = co_await ask(connection, "hn.fetch.ids", "");
        std::size_t number = 0;
        std::from_chars(count.data(), count.data() + count.size(), number);
        co_return number;
    } catch (const micro::service_error& error) {
        if (error.status() != bad_gateway) throw;
        reason = error.description();
    }
    throw no_api(api, reason);
}

failure silence() {
    return {exit_code::timeout, "Hacker News: no item came within " + readable(longest_silence) + "; try again"};
}

/// Returns when all items of the page are finished.
asio::awaitable<void> follow_items(std::shared_ptr<page_watch> watch, std::size_t total, progress_bar* bar) {
    while (watch->counted.finished() < total) {
        bar->show("Hacker News", watch->counted.finished(), total);
        const bool came = co_await watch->changed.wait_for(longest_silence);
        if (!came) throw silence();
    }
    bar->show("Hacker News", total, total);
}

/// Has the front page fetched; returns a line that says what came of it.
asio::awaitable<std::string> fetch_page(nats::connection connection, std::shared_ptr<page_watch> watch,
                                        std::string api) {
    const auto begin = std::chrono::steady_clock::now();
    progress_bar bar(look_at(STDERR_FILENO, color_mode::automatic));
    bar.show("asking " + api);
    const auto total = co_await fetch_ids(connection, api);
    co_await follow_items(watch, total, &bar);
    const auto& items = watch->counted;
    if (items.stored == 0 && items.failed != 0) throw no_api(api, items.last_error);
    std::string text = counted(total, "item") + " of " + api + " in " +
                       readable(std::chrono::steady_clock::now() - begin) + ": " + std::to_string(items.stored) +
                       " stored, " + std::to_string(items.skipped_in_all()) + " skipped, " +
                       std::to_string(items.failed) + " failed\n";
    if (items.failed != 0) text += "the last that failed: " + printable(plain_reason(items.last_error)) + "\n";
    co_return text;
}

std::string shown_field(const boost::json::object& post, std::string_view name) {
    const boost::json::value* const value = post.if_contains(name);
    if (value == nullptr) return {};
    if (value->is_string()) return std::string(value->get_string());
    return value->is_int64() ? std::to_string(value->get_int64()) : std::string();
}

/// `https://www.example.com/a` is `example.com`.
std::string site_of(std::string url) {
    const auto scheme = url.find("://");
    if (scheme != std::string::npos) url.erase(0, scheme + 3);
    url.erase(std::min(url.find_first_of("/?#"), url.size()));
    if (url.starts_with("www.")) url.erase(0, 4);
    return url;
}

std::string top_table(const std::string& answer, const terminal& reader) {
    table shown({{.title = "#", .side = align::right},
                 {.title = "Points", .side = align::right},
                 {.title = "Comments", .side = align::right},
                 {.title = "Title", .flexible = true},
                 {.title = reader.interactive ? "Site" : "URL", .flexible = true}});
    const auto parsed = boost::json::parse(answer);
    std::size_t rank = 0;
    for (const boost::json::value& value : parsed.at("posts").as_array()) {
        const auto& post = value.as_object();
        const std::string url = shown_field(post, "url");
        shown.add({std::to_string(++rank), shown_field(post, "score"), shown_field(post, "comments"),
                   shown_field(post, "title"), reader.interactive ? site_of(url) : url});
    }
    return shown.render(reader);
}

hackernews::settings settings_of(const demo_command& chosen, std::shared_ptr<page_watch> watch) {
    hackernews::settings settings;
    if (!chosen.api.empty()) settings.api = chosen.api;
    settings.upstream_timeout = std::chrono::seconds(5);  // somebody waits for it
    settings.on_progress = [watch](const hackernews::counters& counted) {
        watch->counted = counted;
        watch->changed.set();
    };
    settings.log = [](std::string_view) {};  // counted, and one is shown at the end
    return settings;
}

/// The gateway looks for services now and then: what is shown to be copied has to work at once.
asio::awaitable<void> wait_until_routed(const gateway_server* gateway) {
    const auto executor = co_await asio::this_coro::executor;
    const auto limit = std::chrono::steady_clock::now() + longest_wait_for_route;
    http::client_options options;
    options.proxy = "";
    http::client client(executor, options);
    for (;;) {
        const auto answer = co_await client.get(gateway->url() + "/hn/top/1");
        if (answer.status != not_found || std::chrono::steady_clock::now() > limit) co_return;
        asio::steady_timer pause(executor, between_looks);
        co_await pause.async_wait(asio::use_awaitable);
    }
}

std::string what_to_try(const platform& all) {
    std::string text = "The service HackerNews goes on. In another terminal:\n" +
                       lines_to_copy(all.server(), {"ls", "info HackerNews", "stats HackerNews", "ping HackerNews",
                                                    "req HackerNews top 3"});
    if (all.gateway() != nullptr) text += "  curl " + all.gateway()->url() + "/hn/top/3\n";
    return text + "Ctrl-C ends it, and the server.\n";
}

asio::awaitable<exit_code> demo(loop* running, demo_command chosen) {
    if (chosen.once) chosen.server.functions = false;  // nobody could ask them
    const auto all = co_await platform::start(running, chosen.server, "mote demo");
    const auto connection = all->connection();

    const auto watch = std::make_shared<page_watch>(co_await asio::this_coro::executor);
    const auto settings = settings_of(chosen, watch);
    const auto service = co_await hackernews::service::start(connection, settings);
    // What there is to say comes when it has worked: without the internet there is one line.
    const std::string fetched = co_await fetch_page(connection, watch, settings.api);
    write_err(all->greeting() + fetched);
    co_await ask(connection, "hn.sort.ids", "");
    const std::string top = co_await ask(connection, "hn.sort.top", std::to_string(chosen.top));
    write_out(top_table(top, look_at(STDOUT_FILENO, chosen.color)));

    if (!chosen.once) {
        if (all->gateway() != nullptr) co_await wait_until_routed(all->gateway());
        write_err(what_to_try(*all));
        co_await running->interrupted();
    }
    co_await service->stop(stop_timeout);
    co_await all->stop();
    co_return exit_code::ok;
}

}  // namespace

exit_code run(const demo_command& chosen) {
    loop running;
    return running.run(demo(&running, chosen));
}

}  // namespace mote::command
