// Spans on their way to a collector: what the environment says, batches, bounds, second tries, and the end.

#include <tests/micro/fake_collector.hpp>
#include <tests/nats/live.hpp>

#include <mote/micro/detail/otlp_environment.hpp>
#include <mote/micro/detail/otlp_exporter.hpp>

#include <map>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using namespace micro::detail;
using variables = std::map<std::string, std::string>;

std::optional<otlp_settings> settings_in(const variables& set, std::string* problem = nullptr) {
    std::string what;
    const auto settings = otlp_settings_from(
        [&set](const char* name) {
            const auto found = set.find(name);
            return found == set.end() ? nullptr : found->second.c_str();
        },
        "Given", what);
    if (problem != nullptr) *problem = what;
    return settings;
}

TEST(otlp_environment, asks_for_nothing_unless_it_names_a_collector) {
    std::string problem;
    EXPECT_FALSE(settings_in({}, &problem));
    EXPECT_FALSE(settings_in({{"OTEL_SERVICE_NAME", "x"}, {"OTEL_EXPORTER_OTLP_ENDPOINT", ""}}, &problem));
    const auto endpoint = std::pair<const std::string, std::string>("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1");
    EXPECT_FALSE(settings_in({endpoint, {"OTEL_SDK_DISABLED", "True"}}, &problem));
    EXPECT_FALSE(settings_in({endpoint, {"OTEL_TRACES_EXPORTER", "none"}}, &problem));
    EXPECT_EQ(problem, "");
    EXPECT_TRUE(settings_in({endpoint, {"OTEL_TRACES_EXPORTER", "otlp"}, {"OTEL_SDK_DISABLED", "false"}}));
}

TEST(otlp_environment, names_the_collector_in_general_or_for_traces) {
    const auto general = settings_in({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318/"}});
    ASSERT_TRUE(general);
    EXPECT_EQ(general->target.host, "127.0.0.1");
    EXPECT_EQ(general->target.port, 4318);
    EXPECT_EQ(general->target.path, "/v1/traces");
    EXPECT_EQ(general->target.host_header, "127.0.0.1:4318");
    const auto below = settings_in({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector/otlp"}});
    ASSERT_TRUE(below);
    EXPECT_EQ(below->target.host, "collector");
    EXPECT_EQ(below->target.port, 80);
    EXPECT_EQ(below->target.path, "/otlp/v1/traces");
    const auto own = settings_in({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://other:1"},
                                  {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://[::1]:4318/custom?key=1"}});
    ASSERT_TRUE(own);
    EXPECT_EQ(own->target.host, "::1");
    EXPECT_EQ(own->target.path, "/custom?key=1");
    EXPECT_EQ(own->target.host_header, "[::1]:4318");
    EXPECT_FALSE(own->target.tls);
}

TEST(otlp_environment, takes_https_with_the_authority_that_is_named) {
    const auto usual = settings_in({{"OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector"}});
    ASSERT_TRUE(usual);
    EXPECT_TRUE(usual->target.tls);
    EXPECT_EQ(usual->target.port, 443);
    EXPECT_EQ(usual->target.ca_file, "");
    const auto own = settings_in({{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://collector:4318/x"},
                                  {"OTEL_EXPORTER_OTLP_CERTIFICATE", "/etc/ours.pem"}});
    ASSERT_TRUE(own);
    EXPECT_EQ(own->target.port, 4318);
    EXPECT_EQ(own->target.ca_file, "/etc/ours.pem");
}

TEST(otlp_environment, says_what_it_cannot_use) {
    const std::vector<std::pair<variables, std::string>> cases{
        {{{"OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://a:4318"}}, "neither http:// nor https://"},
        {{{"OTEL_EXPORTER_OTLP_ENDPOINT", "a:4318"}}, "OTEL_EXPORTER_OTLP_ENDPOINT"},
        {{{"OTEL_EXPORTER_OTLP_ENDPOINT", "not a url"}}, "is not a URL"},
        {{{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://"}}, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is not a URL"},
        {{{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:99999"}}, "port"},
        {{{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1"}, {"OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"}}, "grpc"},
    };
    for (const auto& [set, wanted] : cases) {
        std::string problem;
        EXPECT_FALSE(settings_in(set, &problem)) << wanted;
        EXPECT_NE(problem.find(wanted), std::string::npos) << problem;
        EXPECT_EQ(problem.find('\n'), std::string::npos) << problem;
    }
}

TEST(otlp_environment, has_headers_and_says_who_sends) {
    variables set{{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1"},
                  {"OTEL_EXPORTER_OTLP_HEADERS", "api-key=abc%20d, x-two = 2"},
                  {"OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test,service.name=Theirs"}};
    auto settings = settings_in(set);
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->target.headers, (text_pairs{{"api-key", "abc d"}, {"x-two", "2"}}));
    EXPECT_EQ(settings->resource, (text_pairs{{"deployment.environment", "test"}, {"service.name", "Theirs"}}));
    set["OTEL_SERVICE_NAME"] = "Own";
    set["OTEL_EXPORTER_OTLP_TRACES_HEADERS"] = "only=this";
    settings = settings_in(set);
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->target.headers, (text_pairs{{"only", "this"}}));
    EXPECT_EQ(settings->resource, (text_pairs{{"deployment.environment", "test"}, {"service.name", "Own"}}));
    set.erase("OTEL_RESOURCE_ATTRIBUTES");
    set.erase("OTEL_SERVICE_NAME");
    EXPECT_EQ(settings_in(set)->resource, (text_pairs{{"service.name", "Given"}}));
}

TEST(otlp_environment, leaves_out_headers_that_would_break_the_request_and_tells_no_secret) {
    for (const auto* const bad : {"key=secret%0d%0aX: y", "a b=secret", "secret", "=secret", "key=%zzsecret"}) {
        std::string problem;
        const auto settings = settings_in({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1"},
                                           {"OTEL_EXPORTER_OTLP_HEADERS", std::string(bad) + ",good=1"}},
                                          &problem);
        ASSERT_TRUE(settings) << bad;
        EXPECT_EQ(settings->target.headers, (text_pairs{{"good", "1"}})) << bad;
        EXPECT_NE(problem.find("OTEL_EXPORTER_OTLP_HEADERS"), std::string::npos) << problem;
        EXPECT_EQ(problem.find("secret"), std::string::npos) << problem;
    }
}

/// A collector, how to reach it, and what was warned of.
struct exporting {
    explicit exporting(const asio::any_io_executor& executor) : collector(executor) {
        settings.target.host = "127.0.0.1";
        settings.target.port = collector.port();
        settings.target.path = "/v1/traces";
        settings.target.host_header = "here";
        settings.delay = 1h;  // only a full batch or a flush sends
        settings.backoff = 1ms;
        settings.warn = [this](const std::string& text) { warnings.push_back(text); };
    }
    std::shared_ptr<otlp_exporter> exporter(const asio::any_io_executor& executor) const {
        return std::make_shared<otlp_exporter>(executor, settings);
    }
    fake_collector collector;
    otlp_settings settings;
    std::vector<std::string> warnings;
};

void add(const std::shared_ptr<otlp_exporter>& exporter, std::size_t count, std::string name = "s") {
    for (std::size_t at = 0; at < count; ++at) {
        micro::span made;
        made.context = micro::trace_context::root();
        made.name = name;
        exporter->add(std::move(made));
    }
}

/// Runs `body(here, executor)` on a loop of its own.
template <class Body>
asio::awaitable<void> with_collector(Body body) {
    const auto executor = co_await asio::this_coro::executor;
    exporting here(executor);
    co_await body(here, executor);
}

TEST(otlp_exporter, sends_a_full_batch_at_once_and_the_rest_when_it_is_flushed) {
    run(with_collector([](exporting& here, asio::any_io_executor executor) -> asio::awaitable<void> {
        here.settings.max_batch = 10;
        const auto exporter = here.exporter(executor);
        add(exporter, 25);
        const bool came = co_await eventually([&] { return exporter->sent() == 25; });
        EXPECT_TRUE(came);
        EXPECT_EQ(here.collector.requests().size(), 3U);
        add(exporter, 5);
        co_await otlp_exporter::flush(exporter, 10s);
        EXPECT_EQ(exporter->sent(), 30U);
        EXPECT_EQ(exporter->dropped(), 0U);
        EXPECT_EQ(here.collector.most_at_once(), 1);
        EXPECT_EQ(here.collector.requests().back().spans().size(), 5U);
        co_await otlp_exporter::flush(exporter, 10s);  // nothing to do
        EXPECT_EQ(here.collector.requests().size(), 4U);
    }));
}

TEST(otlp_exporter, sends_what_waits_after_a_while) {
    run(with_collector([](exporting& here, asio::any_io_executor executor) -> asio::awaitable<void> {
        here.settings.delay = 20ms;
        const auto exporter = here.exporter(executor);
        add(exporter, 2);
        const bool first = co_await eventually([&] { return exporter->sent() == 2; });
        EXPECT_TRUE(first);
        add(exporter, 1);
        const bool second = co_await eventually([&] { return exporter->sent() == 3; });
        EXPECT_TRUE(second);
    }));
}

TEST(otlp_exporter, drops_and_counts_what_is_past_its_bound) {
    run(with_collector([](exporting& here, asio::any_io_executor executor) -> asio::awaitable<void> {
        const auto exporter = here.exporter(executor);
        add(exporter, 2048 + 7);
        EXPECT_EQ(exporter->dropped(), 7U);
        co_await otlp_exporter::flush(exporter, 20s);
        EXPECT_EQ(exporter->sent(), 2048U);
        EXPECT_EQ(here.collector.requests().size(), 4U);
        for (const auto& request : here.collector.requests()) EXPECT_EQ(request.spans().size(), 512U);
    }));
}

TEST(otlp_exporter, tries_again_when_the_collector_is_busy) {
    run(with_collector([](exporting& here, asio::any_io_executor executor) -> asio::awaitable<void> {
        here.settings.max_batch = 1;
        here.settings.longest_pause = 30ms;
        here.collector.answers() = {{503, "3600", false}, {429, "", false}, {502, "soon", false}};
        const auto exporter = here.exporter(executor);
        add(exporter, 2);
        const bool came = co_await eventually([&] { return exporter->sent() == 2; });
        EXPECT_TRUE(came);
        EXPECT_EQ(here.collector.requests().size(), 5U);
        EXPECT_EQ(exporter->dropped(), 0U);
        EXPECT_TRUE(here.warnings.empty());
        // An hour is bounded, and the bound is kept.
        const auto pause = here.collector.requests().at(1).came - here.collector.requests().at(0).came;
        EXPECT_GE(pause, 29ms);
    }));
}

TEST(otlp_exporter, gives_a_batch_up_that_is_refused_and_warns_once_in_a_row) {
    run(with_collector([](exporting& here, asio::any_io_executor executor) -> asio::awaitable<void> {
        here.settings.max_batch = 1;
        here.settings.max_tries = 2;
        here.collector.answers() = {
            {400, "", false}, {503, "", false}, {503, "", false}, {200, "", false}, {401, "", false}};
        const auto exporter = here.exporter(executor);
        add(exporter, 4);
        const bool came = co_await eventually([&] { return exporter->sent() + exporter->dropped() == 4; });
        EXPECT_TRUE(came);
        EXPECT_EQ(exporter->dropped(), 3U);
        EXPECT_EQ(here.collector.requests().size(), 5U);
        EXPECT_EQ(here.warnings,
                  (std::vector<std::string>{"spans are lost: here answered 400", "spans are lost: here answered 401"}));
    }));
}

TEST(otlp_exporter, a_collector_that_never_answers_costs_the_time_out) {
    run(with_collector([](exporting& here, asio::any_io_executor executor) -> asio::awaitable<void> {
        here.settings.max_batch = 1;
        here.settings.max_tries = 1;
        here.settings.timeout = 50ms;
        here.collector.answers() = {{200, "", true}};
        const auto exporter = here.exporter(executor);
        add(exporter, 2);
        const bool came = co_await eventually([&] { return exporter->sent() == 1; });
        EXPECT_TRUE(came);
        EXPECT_EQ(exporter->dropped(), 1U);
        EXPECT_EQ(here.warnings.size(), 1U);
    }));
}

TEST(otlp_exporter, a_flush_ends_at_its_deadline_and_a_second_try_with_it) {
    run(with_collector([](exporting& here, asio::any_io_executor executor) -> asio::awaitable<void> {
        here.collector.answers() = {{503, "3600", false}, {200, "", true}};
        const auto exporter = here.exporter(executor);
        add(exporter, 1);
        co_await otlp_exporter::flush(exporter, 10s);  // is refused once, and does not wait
        EXPECT_EQ(exporter->dropped(), 1U);
        EXPECT_EQ(here.collector.requests().size(), 1U);
        add(exporter, 1);
        const auto began = std::chrono::steady_clock::now();
        co_await otlp_exporter::flush(exporter, 20ms);  // is never answered
        EXPECT_LT(std::chrono::steady_clock::now() - began, 9s);
        EXPECT_EQ(exporter->sent(), 0U);
    }));
}

TEST(otlp_exporter, a_flush_ends_the_pause_before_a_second_try) {
    run(with_collector([](exporting& here, asio::any_io_executor executor) -> asio::awaitable<void> {
        here.settings.max_batch = 1;
        here.settings.longest_pause = 1h;
        here.collector.answers() = {{503, "3600", false}};
        const auto exporter = here.exporter(executor);
        add(exporter, 2);
        const bool paused = co_await eventually([&] { return exporter->pauses() == 1; });
        EXPECT_TRUE(paused);
        co_await otlp_exporter::flush(exporter, 20s);
        EXPECT_EQ(exporter->sent(), 2U);
    }));
}

TEST(otlp_exporter, takes_spans_from_any_thread) {
    run(with_collector([](exporting& here, asio::any_io_executor executor) -> asio::awaitable<void> {
        here.settings.max_batch = 16;
        here.settings.delay = 5ms;
        const auto exporter = here.exporter(executor);
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i) threads.emplace_back([exporter] { add(exporter, 100); });
        for (auto& thread : threads) thread.join();
        const bool came = co_await eventually([&] { return exporter->sent() == 400; });
        EXPECT_TRUE(came);
    }));
}

TEST(otlp_exporter, lets_the_loop_end_and_may_outlive_it) {
    std::shared_ptr<otlp_exporter> exporter;
    {
        asio::io_context loop(1);
        otlp_settings settings;
        settings.target.host = "127.0.0.1";
        settings.target.port = 1;  // nobody listens there
        settings.target.path = "/";
        settings.max_tries = 1;
        settings.delay = 1ms;
        exporter = std::make_shared<otlp_exporter>(loop.get_executor(), settings);
        add(exporter, 1);
        loop.run();  // returns, because nothing waits any more
        EXPECT_EQ(exporter->dropped(), 1U);
        add(exporter, 1);  // begins, and is destroyed with the loop
    }
    EXPECT_EQ(exporter->sent(), 0U);
}

}  // namespace
}  // namespace mote::test
